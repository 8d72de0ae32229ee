-- A mistyped project must not read as "all quiet". Known is a project with a session or a spawn, live or past.
-- Null means the whole fleet and passes. As a condition without columns the planner evaluates it once a query.
create or replace function fleet_internal.require_known_project(
  p_project  text
)
returns boolean
language plpgsql
stable
parallel safe
security invoker
as $$
begin
  if p_project is null
    or exists (select from fleet.ps_sessions as s where s.project = p_project)
    or exists (select from fleet.active_spawns as a where a.project = p_project)
    or exists (select from fleet.session_history as s where s.project = p_project)
    or exists (select from fleet.spawn_history as h where h.project = p_project)
    or exists (select from fleet.session_history_overflow as s where s.project = p_project)
    or exists (select from fleet.spawn_history_overflow as h where h.project = p_project)
  then
    return true;
  end if;
  raise exception 'project % is not known', quote_literal(left(p_project, 200))
    using errcode = 'MF001',
      detail = 'It has no session and no spawn, live or past.',
      hint = 'A project becomes known by start_session or register_spawn. Known ones: select project from fleet.ps_sessions.';
end
$$;

revoke all on function fleet_internal.require_known_project(text) from public;
grant execute on function fleet_internal.require_known_project(text) to fleet_reader, fleet_writer;

comment on function fleet_internal.require_known_project(text) is
  'Return true for a known project and for null, raise MF001 for any other.';
