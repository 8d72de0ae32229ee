-- The guard of readers that are about a project's spawns, or one task's. As a condition without columns the planner
-- evaluates it once a query. Served by the keys that begin with project and task_id.
create or replace function fleet_internal.require_known_spawn(
  p_project  text,
  p_task_id  text
)
returns boolean
language plpgsql
stable
parallel safe
security invoker
as $$
begin
  if p_project is null then
    raise exception 'p_project is missing'
      using errcode = 'MF003', detail = 'Value: null', hint = 'Give the project.';
  end if;
  perform fleet_internal.require_known_project(p_project);
  if p_task_id is not null
    and not exists (select from fleet.spawns as s where s.project = p_project and s.task_id = p_task_id)
  then
    perform fleet_internal.raise_unknown_spawn(p_project, p_task_id);
  end if;
  return true;
end
$$;

revoke all on function fleet_internal.require_known_spawn(text, text) from public;
grant execute on function fleet_internal.require_known_spawn(text, text) to fleet_reader;

comment on function fleet_internal.require_known_spawn(text, text) is
  'Return true for a known project whose task, where one is given, is known; raise MF001, MF002 or MF003 otherwise.';
