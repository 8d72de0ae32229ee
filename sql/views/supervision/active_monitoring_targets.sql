-- What is to be monitored: projects with a live session or open spawns, and nothing else. A project whose spawns have all
-- ended and that has no live session is no target, however much of it there once was. Spawns are counted before the join,
-- so its cost is that of the open ones.
create or replace view fleet.active_monitoring_targets as
select
  coalesce(s.project, a.project) as project,
  s.session_type,
  s.session_id,
  s.context_usage,
  s.last_context_check,
  coalesce(a.active_spawns_count, 0) as active_spawns_count,
  a.latest_spawn_time
from (
  select p.project, p.session_type, p.session_id, p.context_usage, p.last_context_check
  from fleet.ps_sessions as p
  where p.ended_at is null
) as s
full join (
  select o.project, count(*) as active_spawns_count, max(o.spawn_time) as latest_spawn_time
  from fleet.active_spawns as o
  where o.status in ('running', 'stalled')
  group by o.project
) as a on a.project = s.project;

revoke all on fleet.active_monitoring_targets from public;
grant select on fleet.active_monitoring_targets to fleet_reader;

comment on view fleet.active_monitoring_targets is
  'Projects that are to be monitored: they have a live session, or spawns that are running or stalled. Key: project.';
comment on column fleet.active_monitoring_targets.project is 'The project.';
comment on column fleet.active_monitoring_targets.session_type is 'cli or sdk; null without a live session.';
comment on column fleet.active_monitoring_targets.active_spawns_count is 'How many of its spawns are open (running or stalled).';
comment on column fleet.active_monitoring_targets.latest_spawn_time is 'When the latest of them was spawned.';
