-- One look at one spawn's output; record_spawn_outputs says what it does. Here an unknown or ended spawn is an error.
create or replace function fleet.record_spawn_output(
  p_project     text,
  p_task_id     text,
  p_output_at   timestamptz  default now(),
  p_error_line  text         default null,
  p_problem     text         default null,
  p_at          timestamptz  default now()
)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_outcome  text;
begin
  if p_output_at is not null then
    perform fleet_internal.require_instant('p_output_at', p_output_at);
  end if;
  select r.outcome into v_outcome
  from fleet.record_spawn_outputs(
    array[p_project], array[p_task_id], array[p_output_at], array[p_error_line], array[p_problem], p_at) as r;
  if v_outcome = 'unknown' then
    perform fleet_internal.raise_unknown_spawn(p_project, p_task_id);
  elsif v_outcome = 'ended' then
    raise exception 'task % of project % has ended', quote_literal(p_task_id), quote_literal(p_project)
      using errcode = 'MF005',
        detail = 'Its output is no longer recorded.',
        hint = 'Register it again for another attempt.';
  end if;
  return v_outcome;
end
$$;

revoke all on function fleet.record_spawn_output(text, text, timestamptz, text, text, timestamptz) from public;
grant execute on function fleet.record_spawn_output(text, text, timestamptz, text, text, timestamptz) to fleet_writer;

comment on function fleet.record_spawn_output(text, text, timestamptz, text, text, timestamptz) is
  'Record that a spawn''s output changed, or what a look at it showed.

p_project, p_task_id: the task. p_output_at: when its output last changed, null where unknown.
p_error_line: a line that matched the error pattern. p_problem: why it could not be read. p_at: when the look was taken.
Returns recorded, revived (it was stalled) or future (the time was not believed).
Errors: MF001 unknown project; MF002 unknown task; MF003 a bad value; MF004 unknown problem code; MF005 it has ended.
Example: select fleet.record_spawn_output(''consilio'', ''task-17'');';
