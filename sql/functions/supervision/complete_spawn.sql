-- A spawn did its work. Safe to retry. Locks the task's row.
create or replace function fleet.complete_spawn(
  p_project    text,
  p_task_id    text,
  p_exit_code  integer      default 0,
  p_spawn_id   bigint       default null,
  p_at         timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_exit_code is distinct from 0 then
    raise exception 'exit code % is no success', coalesce(p_exit_code::text, 'null')
      using errcode = 'MF003',
        detail = format('Task %s of project %s was left as it was.', quote_nullable(p_task_id), quote_nullable(p_project)),
        hint = 'Use fail_spawn(p_project, p_task_id, p_error_message, p_exit_code).';
  end if;
  return fleet_internal.end_spawn('complete_spawn', p_project, p_task_id, 'completed', 0, null, null, p_spawn_id, p_at);
end
$$;

revoke all on function fleet.complete_spawn(text, text, integer, bigint, timestamptz) from public;
grant execute on function fleet.complete_spawn(text, text, integer, bigint, timestamptz) to fleet_writer;

comment on function fleet.complete_spawn(text, text, integer, bigint, timestamptz) is
  'Record that a spawn completed its task.

p_project, p_task_id: the task. p_exit_code: 0, which is what completing means. p_at: when.
p_spawn_id: the attempt that is meant, as register_spawn returned it: makes a repeat safe even after a later attempt.
Returns the id of the spawn.
Errors: MF001 unknown project; MF002 unknown task; MF003 a bad value or another exit code; MF005 it ended otherwise.
Example: select fleet.complete_spawn(''consilio'', ''task-17'');';
