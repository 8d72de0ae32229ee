-- What a checker saw of many spawns' outputs, in one call. New output brings a stalled spawn back to running. A time from
-- the future, or of before 2000, is not believed: the spawn keeps its last known output and shows why. A spawn that ended
-- or is unknown does not stop the others: its outcome says so. An older look never overwrites a newer one. Safe to retry.
-- Locks the rows in the order of their keys, so that two batches never deadlock. One plan serves every batch: planning
-- anew for each array cost more than the work.
create or replace function fleet.record_spawn_outputs(
  p_projects     text[],
  p_task_ids     text[],
  p_output_ats   timestamptz[],
  p_error_lines  text[]       default null,
  p_problems     text[]       default null,
  p_at           timestamptz  default now()
)
returns table (
  project  text,
  task_id  text,
  outcome  text
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  c_first  constant timestamptz := timestamptz '2000-01-01 00:00+00';
  v_at     timestamptz;
  v_limit  timestamptz;
begin
  perform fleet_internal.require_same_length(
    cardinality(p_projects), cardinality(p_task_ids), cardinality(p_output_ats), cardinality(p_error_lines), cardinality(p_problems));
  perform fleet_internal.require_key('p_projects', u.project), fleet_internal.require_key('p_task_ids', u.task_id),
    fleet_internal.require_output_problem(u.problem)
  from unnest(p_projects, p_task_ids, p_problems) as u (project, task_id, problem);
  if cardinality(p_projects) = 0 then
    return;
  end if;
  v_at := fleet_internal.believe_instant(p_projects[1], 'record_spawn_outputs', p_at);
  v_limit := clock_timestamp() + fleet_internal.get_time_limit('clock_tolerance', interval '1 minute');
  perform fleet_internal.believe_instant(u.project, 'record_spawn_outputs.output', max(u.output_at))
  from unnest(p_projects, p_output_ats) as u (project, output_at)
  where u.output_at > v_limit and u.output_at < '9999-12-31 00:00+00'
  group by u.project
  order by u.project;

  return query
  with looks as materialized (
    -- a key given twice: the latest output that is believed counts
    select distinct on (u.project, u.task_id)
      u.project,
      u.task_id,
      case when u.output_at between c_first and v_limit then u.output_at end as output_at,
      u.output_at > v_limit as is_future,
      nullif(btrim(fleet_internal.bound_text(regexp_replace(u.error_line, '[[:cntrl:]]', ' ', 'g'), 1000)), '') as error_line,
      coalesce(fleet_internal.bound_text(regexp_replace(u.problem, '[[:cntrl:]]', ' ', 'g'), 1000),
        case when u.output_at > v_limit then 'future_mtime' when u.output_at < c_first then 'irregular: modified before the year 2000' end)
      as problem
    from unnest(p_projects, p_task_ids, p_output_ats, p_error_lines, p_problems) with ordinality
      as u (project, task_id, output_at, error_line, problem, position)
    order by u.project, u.task_id, case when u.output_at between c_first and v_limit then u.output_at end desc nulls last, u.position desc
  ),
  -- one look-up by key for each look, in the order of looks: no plan can turn this into a scan, or lock in another order
  locked as materialized (
    select l.project, l.task_id, l.output_at, l.is_future, l.error_line, l.problem, a.status, l.output_at > a.silent_since as is_new
    from looks as l
    left join lateral (
      select s.status, greatest(s.last_output_change, s.spawn_time) as silent_since
      from fleet.active_spawns as s
      where s.project = l.project and s.task_id = l.task_id and s.status in ('running', 'stalled')
      for update
    ) as a on true
  ),
  updated as (
    update fleet.active_spawns as a
    set last_output_change = greatest(a.last_output_change, l.output_at),
      status = case when l.is_new then 'running' else a.status end,
      stalled_at = case when l.is_new then null else a.stalled_at end,
      last_checked_at = greatest(a.last_checked_at, v_at),
      error_line = case when a.last_checked_at > v_at then a.error_line else l.error_line end,
      output_problem = case when a.last_checked_at > v_at then a.output_problem else l.problem end,
      updated_at = now()
    from locked as l
    where a.project = l.project and a.task_id = l.task_id and l.status is not null
  )
  select
    l.project,
    l.task_id,
    case
      when l.is_future and l.status is not null then 'future'
      when l.status = 'stalled' and l.is_new then 'revived'
      when l.status is not null then 'recorded'
      when exists (select from fleet.spawns as s where s.project = l.project and s.task_id = l.task_id) then 'ended'
      else 'unknown'
    end
  from locked as l;
end
$$;

revoke all on function fleet.record_spawn_outputs(text[], text[], timestamptz[], text[], text[], timestamptz) from public;
grant execute on function fleet.record_spawn_outputs(text[], text[], timestamptz[], text[], text[], timestamptz) to fleet_writer;

comment on function fleet.record_spawn_outputs(text[], text[], timestamptz[], text[], text[], timestamptz) is
  'Record what a look at many spawns'' outputs showed.

p_projects, p_task_ids: the tasks, one element each. p_output_ats: when each output last changed, null where unknown.
p_error_lines: the line that matched the error pattern, null where none did (an earlier one is then forgotten).
p_problems: null, or a code with words behind a colon: missing, unreadable, irregular, binary, oversized,
future_mtime, bad_pattern. p_at: when the look was taken.
Returns a row a task: recorded, revived (was stalled), future (its time was not believed), ended, unknown.
Errors: MF003 a bad value; MF004 unknown problem code; MF008 arrays of unequal length.
Example: select * from fleet.record_spawn_outputs(array[''consilio''], array[''task-17''], array[now()]);';
