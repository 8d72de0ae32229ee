-- A sign of life, and optionally what the session is doing now. Written at most once a second (time_limits.touch_interval)
-- unless the state changes: a chatty agent costs four times less (and the same state said again counts to that second). Never moves last_activity back, and a late report never
-- overrules a newer one. Safe to retry.
create or replace function fleet.touch_session(
  p_project  text,
  p_state    text         default null,
  p_at       timestamptz  default now()
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at        timestamptz;
  v_ended_at  timestamptz;
begin
  perform fleet_internal.require_key('p_project', p_project);
  if p_state not in ('working', 'idle', 'needs_input', 'error') then
    raise exception 'state % is not known', quote_literal(left(p_state, 60))
      using errcode = 'MF004',
        detail = format('The session of project %s was left as it was.', quote_literal(p_project)),
        hint = 'It is working, idle, needs_input or error.';
  end if;
  v_at := fleet_internal.believe_instant(p_project, 'touch_session', p_at);

  update fleet.ps_sessions as s
  set last_activity = greatest(s.last_activity, v_at),
    state = case when v_at >= s.state_reported_at then coalesce(p_state, s.state) else s.state end,
    state_changed_at = case when v_at >= s.state_reported_at and p_state <> s.state then v_at else s.state_changed_at end,
    state_reported_at = case when p_state is null then s.state_reported_at else greatest(s.state_reported_at, v_at) end,
    updated_at = now()
  where s.project = p_project
    and s.ended_at is null
    and (s.last_activity <= v_at - fleet_internal.get_time_limit('touch_interval', interval '1 second')
      or (p_state <> s.state and v_at >= s.state_reported_at));
  if found then
    return;
  end if;

  select s.ended_at into v_ended_at from fleet.ps_sessions as s where s.project = p_project;
  if not found then
    perform fleet_internal.require_known_project(p_project);
    raise exception 'project % has no session', quote_literal(p_project)
      using errcode = 'MF005',
        detail = 'It is known by its spawns or its past sessions only.',
        hint = format('select fleet.start_session(%L)', p_project);
  end if;
  if v_ended_at is not null and v_at > v_ended_at then
    raise exception 'the session of project % has ended', quote_literal(p_project)
      using errcode = 'MF005',
        detail = format('It ended at %s.', v_ended_at),
        hint = format('select fleet.start_session(%L)', p_project);
  end if;
end
$$;

revoke all on function fleet.touch_session(text, text, timestamptz) from public;
grant execute on function fleet.touch_session(text, text, timestamptz) to fleet_writer;

comment on function fleet.touch_session(text, text, timestamptz) is
  'Record a sign of life of a project''s session, and what it is doing.

p_project: the project. p_state: working, idle, needs_input or error; null leaves it. p_at: when.
Errors: MF001 unknown project; MF003 a bad value; MF004 unknown state; MF005 the session has ended, or there is none.
Example: select fleet.touch_session(''consilio'', ''needs_input'');';
