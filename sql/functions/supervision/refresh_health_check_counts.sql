-- Fold the deltas into the daily counts, so that health_check_summary stays cheap; what it shows is the same before, while
-- and after. One statement moves them: killed half-way, nothing has happened. Runs queue up on the lock of the counts, which
-- stops neither readers nor writers of checks. Safe at any time and as often as one likes.
create or replace function fleet.refresh_health_check_counts(
  p_at  timestamptz default now()
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
  v_last_date  date := fleet_internal.require_instant('p_at', p_at)::date;
  v_folded     bigint;
begin
  lock table fleet.health_check_counts in share update exclusive mode;

  with gone as (
    delete from fleet.health_check_deltas as d
    where d.check_date <= v_last_date
    returning d.project, d.check_date, d.check_type, d.status, d.check_count, d.last_check_time
  ),
  folded as (
    insert into fleet.health_check_counts as c (project, check_date, check_type, status, check_count, last_check_time)
    select g.project, g.check_date, g.check_type, g.status, sum(g.check_count), max(g.last_check_time)
    from gone as g
    group by g.project, g.check_date, g.check_type, g.status
    order by g.project, g.check_date, g.check_type, g.status
    on conflict (project, check_date, check_type, status) do update
      set check_count = c.check_count + excluded.check_count,
        last_check_time = greatest(c.last_check_time, excluded.last_check_time)
  )
  select count(*) into v_folded from gone;
  return v_folded;
end
$$;

revoke all on function fleet.refresh_health_check_counts(timestamptz) from public;
grant execute on function fleet.refresh_health_check_counts(timestamptz) to fleet_writer;

comment on function fleet.refresh_health_check_counts(timestamptz) is
  'Fold what was recorded since the last call into the daily counts that health_check_summary reads.

p_at: the last day (in UTC) that is folded; what is of later days waits (default now).
Returns how many deltas were folded. The summary shows the same with or without: call it every few minutes to keep it cheap.
Errors: MF003 p_at is no usable instant.
Example: select fleet.refresh_health_check_counts();';
