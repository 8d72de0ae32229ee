-- A spawn that is not there: is it the project that is mistyped, or the task?
create or replace function fleet_internal.raise_unknown_spawn(
  p_project  text,
  p_task_id  text
)
returns void
language plpgsql
stable
parallel safe
security invoker
as $$
begin
  perform fleet_internal.require_known_project(p_project);
  raise exception 'project % has no spawn with task id %', quote_literal(p_project), quote_literal(p_task_id)
    using errcode = 'MF002',
      detail = 'Neither open nor ended.',
      hint = format('select fleet.register_spawn(%L, %L)', p_project, p_task_id);
end
$$;

revoke all on function fleet_internal.raise_unknown_spawn(text, text) from public;
grant execute on function fleet_internal.raise_unknown_spawn(text, text) to fleet_reader;

comment on function fleet_internal.raise_unknown_spawn(text, text) is
  'Raise MF001 for an unknown project, MF002 for an unknown spawn of a known one.';
