-- The session is asked for a handoff document. Asked again while it is waited for, or soon after it came (time_limits.
-- handoff_spacing, so a monitor that asks every ten minutes does not ask twice): the same handoff. After a time-out, once
-- it was taken up, or when the session worked on for longer than that, it is asked anew. Safe to retry. Locks the session row, so that askers queue up.
create or replace function fleet.request_session_handoff(
  p_project  text,
  p_at       timestamptz  default now()
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
  v_session  record;
  v_id       bigint;
begin
  perform fleet_internal.require_key('p_project', p_project);
  v_at := fleet_internal.believe_instant(p_project, 'request_session_handoff', p_at);

  select s.id, s.session_id, s.started_at, s.ended_at, s.context_usage into v_session
  from fleet.ps_sessions as s
  where s.project = p_project
  for update;
  if not found or v_session.ended_at <= v_at then
    perform fleet_internal.raise_no_live_session(p_project);
  end if;
  if v_at < v_session.started_at then
    raise exception 'a session cannot be asked before it started'
      using errcode = 'MF003',
        detail = format('It started at %s; p_at is %s.', v_session.started_at, v_at),
        hint = 'Leave p_at out to mean now.';
  end if;

  select h.id into v_id
  from fleet.session_handoffs as h
  where h.project = p_project and h.ps_session_id = v_session.id
    and (h.state = 'asked'
      or v_at <= h.asked_at
      or (h.state = 'written'
        and v_at <= h.written_at + fleet_internal.get_time_limit('handoff_spacing', interval '1 hour')))
  order by h.asked_at desc
  limit 1;
  if found then
    return v_id;
  end if;

  insert into fleet.session_handoffs as h (project, ps_session_id, session_id, context_usage, asked_at, deadline_at)
  values (p_project, v_session.id, v_session.session_id, v_session.context_usage, v_at,
    v_at + fleet_internal.get_time_limit('handoff_deadline', interval '5 minutes'))
  returning h.id into strict v_id;
  return v_id;
end
$$;

revoke all on function fleet.request_session_handoff(text, timestamptz) from public;
grant execute on function fleet.request_session_handoff(text, timestamptz) to fleet_writer;

comment on function fleet.request_session_handoff(text, timestamptz) is
  'Record that a project''s session was asked for a handoff document.

p_project: the project. p_at: when it was asked.
Returns the id of the handoff; the same one while its document is waited for, and while it waits to be taken up, for an
hour (time_limits.handoff_spacing) at most. The document is due 5 minutes (time_limits.handoff_deadline) after p_at.
Errors: MF001 unknown project; MF003 a bad value, or before the session''s start; MF005 the project has no live session.
Example: select fleet.request_session_handoff(''consilio'');';
