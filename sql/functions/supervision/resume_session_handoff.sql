-- The project's session takes up the newest document there is; older ones that nobody took up are superseded. A document is
-- taken up once: by the session itself after a fresh start, or by its successor. Asked again by the same session, the
-- answer is the same. Locks the session row, then the handoff.
create or replace function fleet.resume_session_handoff(
  p_project  text,
  p_at       timestamptz  default now()
)
returns table (
  id                 bigint,
  handoff_file_path  text,
  session_id         text,
  context_usage      numeric,
  asked_at           timestamptz,
  written_at         timestamptz,
  resumed_at         timestamptz
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_at       timestamptz;
  v_session  record;
  v_handoff  fleet.session_handoffs;
begin
  perform fleet_internal.require_key('p_project', p_project);
  v_at := fleet_internal.believe_instant(p_project, 'resume_session_handoff', p_at);

  select s.id, s.ended_at into v_session from fleet.ps_sessions as s where s.project = p_project for update;
  if not found or v_session.ended_at <= v_at then
    perform fleet_internal.raise_no_live_session(p_project);
  end if;

  select * into v_handoff
  from fleet.session_handoffs as h
  where h.project = p_project and h.written_at <= v_at
  order by h.written_at desc, h.id desc
  limit 1
  for update;
  if not found or (v_handoff.state = 'resumed' and v_handoff.resumed_ps_session_id <> v_session.id) then
    raise exception 'project % has no handoff to resume', quote_literal(p_project)
      using errcode = 'MF005',
        detail = coalesce('The latest was taken up at ' || v_handoff.resumed_at, 'No document was written by ' || v_at) || '.',
        hint = 'A document becomes known by record_session_handoff, and is taken up once.';
  end if;

  if v_handoff.state = 'written' then
    update fleet.session_handoffs as h
    set state = 'resumed', resumed_at = v_at, resumed_ps_session_id = v_session.id
    where h.project = p_project and h.asked_at = v_handoff.asked_at and h.id = v_handoff.id
    returning h.* into strict v_handoff;
  end if;
  return query
  select v_handoff.id, v_handoff.handoff_file_path, v_handoff.session_id, v_handoff.context_usage, v_handoff.asked_at,
    v_handoff.written_at, v_handoff.resumed_at;
end
$$;

revoke all on function fleet.resume_session_handoff(text, timestamptz) from public;
grant execute on function fleet.resume_session_handoff(text, timestamptz) to fleet_writer;

comment on function fleet.resume_session_handoff(text, timestamptz) is
  'Let the live session of a project take up the latest handoff document.

p_project: the project. p_at: when.
Returns one row: id of the handoff, handoff_file_path, session_id of the session that wrote it, its context_usage (0 to 1)
when it was asked, asked_at, written_at, resumed_at. The same again for the same session.
Errors: MF001 unknown project; MF003 a bad value; MF005 no live session, or no document that is not taken up yet.
Example: select handoff_file_path from fleet.resume_session_handoff(''consilio'');';
