-- How well and how long spawns work, by project and task type, over everything there is: live, ended and archived. Reads
-- all history; get_spawn_statistics answers for a stretch of time.
create or replace view fleet.spawn_statistics as
select
  s.project,
  s.task_type,
  count(*) as spawns,
  count(*) filter (where s.completed_at is null) as open_spawns,
  count(*) filter (where s.status = 'completed') as completed,
  count(*) filter (where s.status = 'failed') as failed,
  count(*) filter (where s.status = 'abandoned') as abandoned,
  round(100.0 * count(*) filter (where s.status = 'completed') / nullif(count(s.completed_at), 0), 2) as success_rate_percent,
  round(avg(d.duration), 3) as mean_duration_seconds,
  round(percentile_cont(0.95) within group (order by d.duration::double precision)::numeric, 3) as p95_duration_seconds,
  sum(s.tokens_used)::bigint as tokens_used,
  sum(s.cost_usd) as cost_usd
from fleet.spawns as s
cross join lateral (
  select case when isfinite(s.spawn_time) then extract(epoch from s.completed_at - s.spawn_time) end
) as d (duration)
group by s.project, s.task_type;

revoke all on fleet.spawn_statistics from public;
grant select on fleet.spawn_statistics to fleet_reader;

comment on view fleet.spawn_statistics is
  'Success, duration and use of spawns by project and task type, over live and archived ones. Key: project, task_type '
  '(null: spawns without one). Reads all history: for a stretch of time, get_spawn_statistics.';
comment on column fleet.spawn_statistics.spawns is 'How many there were; each attempt at a task is one.';
comment on column fleet.spawn_statistics.open_spawns is 'How many have not ended.';
comment on column fleet.spawn_statistics.completed is 'How many completed their task.';
comment on column fleet.spawn_statistics.failed is 'How many failed.';
comment on column fleet.spawn_statistics.abandoned is 'How many were abandoned.';
comment on column fleet.spawn_statistics.success_rate_percent is 'Completed of those that ended, 0 to 100; null when none has.';
comment on column fleet.spawn_statistics.mean_duration_seconds is 'Mean time from spawn to end, of those that ended in whichever way.';
comment on column fleet.spawn_statistics.p95_duration_seconds is 'Time from spawn to end that 95 % of them did not exceed.';
comment on column fleet.spawn_statistics.tokens_used is 'Tokens they used in all.';
comment on column fleet.spawn_statistics.cost_usd is 'What those cost in US dollars.';
