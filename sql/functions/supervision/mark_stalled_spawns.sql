-- Mark as stalled what get_stalled_spawns lists as running. Marking is no sign of life; new output takes the mark away
-- (record_spawn_outputs). Running it again changes nothing. Locks the rows in the order of their keys.
create or replace function fleet.mark_stalled_spawns(
  p_project  text         default null,
  p_at       timestamptz  default now()
)
returns table (
  id       bigint,
  project  text,
  task_id  text
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_at  timestamptz := fleet_internal.believe_instant(coalesce(p_project, '*'), 'mark_stalled_spawns', p_at);
begin
  perform fleet_internal.require_known_project(p_project);
  return query
  with due as materialized (
    select a.project, a.task_id
    from fleet.active_spawns as a
    cross join lateral fleet.get_stall_rule(a.project, a.task_type) as r
    where a.status = 'running'
      and (p_project is null or a.project = p_project)
      and greatest(a.last_output_change, a.spawn_time) <= v_at - (select fleet_internal.get_shortest_stall())
      and greatest(a.last_output_change, a.spawn_time) <= v_at - r.stalled_after
    order by a.project, a.task_id
    for update of a
  )
  update fleet.active_spawns as a
  set status = 'stalled',
    stalled_at = v_at,
    updated_at = now()
  from due as d
  where a.project = d.project and a.task_id = d.task_id
  returning a.id, a.project, a.task_id;
end
$$;

revoke all on function fleet.mark_stalled_spawns(text, timestamptz) from public;
grant execute on function fleet.mark_stalled_spawns(text, timestamptz) to fleet_writer;

comment on function fleet.mark_stalled_spawns(text, timestamptz) is
  'Mark running spawns that have been silent for too long as stalled.

p_project: the project, null for all. p_at: as of when.
Returns the spawns newly marked.
Errors: MF001 unknown project; MF003 p_at is no usable instant.
Example: select * from fleet.mark_stalled_spawns();';
