-- Checks of the last seven days by day: counted ones, plus those not yet folded, plus those that wait without a partition.
-- Reads days, never single checks, so its cost does not grow with them. Days are whole and in UTC: today and seven before.
create or replace view fleet.health_check_summary as
select
  c.project,
  c.check_date,
  c.check_type,
  c.status,
  sum(c.check_count)::bigint as check_count,
  max(c.last_check_time) as last_check_time
from (
  select h.project, h.check_date, h.check_type, h.status, h.check_count, h.last_check_time
  from fleet.health_check_counts as h
  where h.check_date >= (now() at time zone 'UTC')::date - 7
  union all
  select d.project, d.check_date, d.check_type, d.status, d.check_count, d.last_check_time
  from fleet.health_check_deltas as d
  where d.check_date >= (now() at time zone 'UTC')::date - 7
  union all
  select o.project, (o.check_time at time zone 'UTC')::date, o.check_type, o.status, 1, o.check_time
  from fleet.health_checks_overflow as o
  where o.check_time >= ((now() at time zone 'UTC')::date - 7)::timestamp at time zone 'UTC'
) as c
group by c.project, c.check_date, c.check_type, c.status;

revoke all on fleet.health_check_summary from public;
grant select on fleet.health_check_summary to fleet_reader;

comment on view fleet.health_check_summary is
  'Daily summary of health checks by project, of the last seven days: exact at any moment. Key: project, check_date, '
  'check_type, status. Checks count from when they are recorded, also those that retention or a clean-up removed since.';
comment on column fleet.health_check_summary.check_date is 'The day of the checks, in UTC.';
comment on column fleet.health_check_summary.check_count is 'How many checks there were.';
comment on column fleet.health_check_summary.last_check_time is 'When the last of them was made.';
