-- The handoff document is there. It belongs to the handoff that was last asked for by then; one that comes after its
-- deadline is late and welcome all the same. The session row (live or past) gets the file's name, and the audit trail a
-- health check. Told again: nothing changes. Locks the session row, then the handoff, as all of the cycle do.
create or replace function fleet.record_session_handoff(
  p_project            text,
  p_handoff_file_path  text,
  p_session_id         text         default null,
  p_at                 timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at       timestamptz;
  v_handoff  fleet.session_handoffs;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_text('p_session_id', p_session_id, 200);
  perform fleet_internal.require_text('p_handoff_file_path', coalesce(p_handoff_file_path, ''), 4096);
  v_at := fleet_internal.believe_instant(p_project, 'record_session_handoff', p_at);

  perform from fleet.ps_sessions as s where s.project = p_project for update;
  select * into v_handoff
  from fleet.session_handoffs as h
  where h.project = p_project and h.asked_at <= v_at and (p_session_id is null or h.session_id = p_session_id)
  order by h.asked_at desc, h.id desc
  limit 1
  for update;
  if not found then
    perform fleet_internal.require_known_project(p_project);
    raise exception 'project % was asked for no handoff', quote_literal(p_project)
      using errcode = 'MF005',
        detail = format('p_session_id is %s; nothing was asked by %s.', coalesce(quote_literal(p_session_id), 'null'), v_at),
        hint = format('select fleet.request_session_handoff(%L)', p_project);
  end if;
  if v_handoff.handoff_file_path = p_handoff_file_path then
    return v_handoff.id;
  end if;
  if v_handoff.handoff_file_path is not null then
    raise exception 'the handoff of project % is already written', quote_literal(p_project)
      using errcode = 'MF006',
        detail = format('Its document is %s, written at %s.', v_handoff.handoff_file_path, v_handoff.written_at),
        hint = 'Keep to that file, or ask for another handoff first.';
  end if;

  update fleet.session_handoffs as h
  set state = 'written', handoff_file_path = p_handoff_file_path, written_at = v_at
  where h.project = p_project and h.asked_at = v_handoff.asked_at and h.id = v_handoff.id
  returning * into strict v_handoff;
  perform fleet_internal.set_handoff_file(p_project, v_handoff.ps_session_id, p_handoff_file_path);
  perform fleet_internal.insert_health_check(
    p_project, 'handoff', case when v_at <= v_handoff.deadline_at then 'ok' else 'warning' end,
    fleet_internal.describe_handoff(v_handoff), null, v_at);
  return v_handoff.id;
end
$$;

revoke all on function fleet.record_session_handoff(text, text, text, timestamptz) from public;
grant execute on function fleet.record_session_handoff(text, text, text, timestamptz) to fleet_writer;

comment on function fleet.record_session_handoff(text, text, text, timestamptz) is
  'Record that the handoff document of a project''s session is written.

p_project: the project. p_handoff_file_path: the document, up to 4096 characters. p_session_id: the agent''s own id of the
session that hands over, null for the one last asked. p_at: when it was written.
Returns the id of the handoff. A health check of type handoff is recorded: ok in time, warning after the deadline; with
usage at trigger, file and duration.
Errors: MF001 unknown project; MF003 a bad value; MF005 no handoff was asked for; MF006 it has another document already.
Example: select fleet.record_session_handoff(''consilio'', ''/work/consilio/handoff.md'');';
