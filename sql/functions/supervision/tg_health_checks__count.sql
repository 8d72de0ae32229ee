-- Every row inserted into health_checks, by whatever statement, is counted as a delta: one row a kind and statement, in
-- the writer's own transaction, so count and checks come and go together. Inserting meets nobody: no lock to wait for.
create or replace function fleet.tg_health_checks__count()
returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into fleet.health_check_deltas (project, check_date, check_type, status, check_count, last_check_time)
  select i.project, d.check_date, i.check_type, i.status, count(*), max(i.check_time)
  from inserted as i
  cross join lateral (select (i.check_time at time zone 'UTC')::date) as d (check_date)
  group by i.project, d.check_date, i.check_type, i.status;
  return null;
end
$$;

revoke all on function fleet.tg_health_checks__count() from public;

comment on function fleet.tg_health_checks__count() is
  'Trigger function: count the health checks a statement inserted in health_check_deltas.';

create or replace trigger count_health_checks
  after insert on fleet.health_checks
  referencing new table as inserted
  for each statement
  execute function fleet.tg_health_checks__count();

comment on trigger count_health_checks on fleet.health_checks is 'Counts what each statement inserted, for health_check_summary.';
