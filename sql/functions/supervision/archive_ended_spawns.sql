-- Move spawns that ended longer ago than retention_rules says to spawn_history, at most p_limit a call: commit after each
-- and call until 0 comes back. Rows somebody works on are left for the next call. Locks in the order of the keys.
create or replace function fleet.archive_ended_spawns(
  p_limit  integer      default 5000,
  p_at     timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_cut    timestamptz;
  v_moved  bigint;
begin
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'p_limit is not between 1 and 100000'
      using errcode = 'MF003', detail = format('Value: %s', coalesce(p_limit::text, 'null')), hint = 'Leave it out.';
  end if;
  v_cut := least(fleet_internal.require_instant('p_at', p_at), clock_timestamp())
    - (select r.keep_for from fleet.retention_rules as r where r.table_name = 'active_spawns');

  with due as materialized (
    select a.project, a.task_id
    from fleet.active_spawns as a
    where a.completed_at < v_cut and isfinite(a.completed_at)
    order by a.project, a.task_id
    limit p_limit
    for update skip locked
  )
  select coalesce(sum(fleet_internal.archive_spawns(d.project, d.task_ids)), 0) into v_moved
  from (select due.project, array_agg(due.task_id) as task_ids from due group by due.project) as d;
  return v_moved;
end
$$;

revoke all on function fleet.archive_ended_spawns(integer, timestamptz) from public;
grant execute on function fleet.archive_ended_spawns(integer, timestamptz) to fleet_writer;

comment on function fleet.archive_ended_spawns(integer, timestamptz) is
  'Move spawns that ended a while ago (retention_rules, 24 h) from active_spawns to spawn_history.

p_limit: at most so many a call, 1 to 100,000. p_at: the instant to reckon from (never later than the server''s clock).
Returns how many moved; call and commit until it is 0.
Errors: MF003 a bad value.
Example: select fleet.archive_ended_spawns();';
