-- A spawn failed. Safe to retry; the first report's words stay. Locks the task's row.
create or replace function fleet.fail_spawn(
  p_project         text,
  p_task_id         text,
  p_error_message   text         default null,
  p_exit_code       integer      default null,
  p_failure_reason  text         default null,
  p_spawn_id        bigint       default null,
  p_at              timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_exit_code = 0 then
    raise exception 'exit code 0 is no failure'
      using errcode = 'MF003',
        detail = format('Task %s of project %s was left as it was.', quote_nullable(p_task_id), quote_nullable(p_project)),
        hint = 'Use complete_spawn, or leave the exit code out.';
  end if;
  return fleet_internal.end_spawn(
    'fail_spawn', p_project, p_task_id, 'failed', p_exit_code, p_error_message, p_failure_reason, p_spawn_id, p_at);
end
$$;

revoke all on function fleet.fail_spawn(text, text, text, integer, text, bigint, timestamptz) from public;
grant execute on function fleet.fail_spawn(text, text, text, integer, text, bigint, timestamptz) to fleet_writer;

comment on function fleet.fail_spawn(text, text, text, integer, text, bigint, timestamptz) is
  'Record that a spawn failed.

p_project, p_task_id: the task. p_error_message: what it said (cut at 10,000 characters). p_exit_code: not 0.
p_failure_reason: why, in a word a report can group by (timeout, oom, ...). p_at: when.
p_spawn_id: the attempt that is meant, as register_spawn returned it: makes a repeat safe even after a later attempt.
Returns the id of the spawn.
Errors: MF001 unknown project; MF002 unknown task; MF003 a bad value; MF005 it ended otherwise.
Example: select fleet.fail_spawn(''consilio'', ''task-17'', ''fatal: no space left'', 128, ''disk'');';
