-- Nobody waits for this spawn any longer: it hung, or a person gave it up. Safe to retry. Locks the task's row.
create or replace function fleet.abandon_spawn(
  p_project  text,
  p_task_id  text,
  p_reason   text         default null,
  p_spawn_id  bigint       default null,
  p_at       timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return fleet_internal.end_spawn('abandon_spawn', p_project, p_task_id, 'abandoned', null, null, p_reason, p_spawn_id, p_at);
end
$$;

revoke all on function fleet.abandon_spawn(text, text, text, bigint, timestamptz) from public;
grant execute on function fleet.abandon_spawn(text, text, text, bigint, timestamptz) to fleet_writer;

comment on function fleet.abandon_spawn(text, text, text, bigint, timestamptz) is
  'Record that a spawn was given up.

p_project, p_task_id: the task. p_reason: why (kept as failure_reason). p_at: when.
p_spawn_id: the attempt that is meant, as register_spawn returned it: makes a repeat safe even after a later attempt.
Returns the id of the spawn.
Errors: MF001 unknown project; MF002 unknown task; MF003 a bad value; MF005 it ended otherwise.
Example: select fleet.abandon_spawn(''consilio'', ''task-17'', ''hung'');';
