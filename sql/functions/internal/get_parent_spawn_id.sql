-- The parent a new spawn names, by its latest attempt. A parent is always older than its child, so no cycle can arise.
create or replace function fleet_internal.get_parent_spawn_id(
  p_project         text,
  p_task_id         text,
  p_parent_task_id  text
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
as $$
declare
  v_id  bigint;
begin
  if p_parent_task_id is null then
    return null;
  end if;
  perform fleet_internal.require_key('p_parent_task_id', p_parent_task_id);
  if p_parent_task_id = p_task_id then
    raise exception 'task % cannot be its own parent', quote_literal(p_task_id)
      using errcode = 'MF003',
        detail = 'p_parent_task_id equals p_task_id.',
        hint = 'Leave p_parent_task_id out for a spawn of the session itself.';
  end if;
  select s.id into v_id
  from fleet.spawns as s
  where s.project = p_project and s.task_id = p_parent_task_id
  order by s.attempt desc
  limit 1;
  if not found then
    raise exception 'project % has no spawn with task id % to be the parent', quote_literal(p_project), quote_literal(p_parent_task_id)
      using errcode = 'MF002',
        detail = format('Task %s was not registered.', quote_literal(p_task_id)),
        hint = 'Register the parent first.';
  end if;
  return v_id;
end
$$;

revoke all on function fleet_internal.get_parent_spawn_id(text, text, text) from public;

comment on function fleet_internal.get_parent_spawn_id(text, text, text) is
  'Id of the latest attempt at the parent task, null for none; raise MF002 when there is no such task.';
