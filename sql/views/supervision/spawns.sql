-- Every spawn there was and is. Statistics, retries and trees read this; the hot path reads open rows of active_spawns.
create or replace view fleet.spawns as
select
  a.id,
  a.project,
  a.task_id,
  a.attempt,
  a.task_type,
  a.description,
  a.status,
  a.spawn_time,
  a.last_output_change,
  a.completed_at,
  a.output_file,
  a.host,
  a.exit_code,
  a.error_message,
  a.failure_reason,
  a.parent_spawn_id,
  a.ps_session_id,
  a.event_id,
  false as is_archived,
  a.tokens_used,
  a.cost_usd
from fleet.active_spawns as a
union all
select
  h.id,
  h.project,
  h.task_id,
  h.attempt,
  h.task_type,
  h.description,
  h.status,
  h.spawn_time,
  h.last_output_change,
  h.completed_at,
  h.output_file,
  h.host,
  h.exit_code,
  h.error_message,
  h.failure_reason,
  h.parent_spawn_id,
  h.ps_session_id,
  h.event_id,
  true as is_archived,
  h.tokens_used,
  h.cost_usd
from fleet.spawn_history as h
union all
select
  o.id,
  o.project,
  o.task_id,
  o.attempt,
  o.task_type,
  o.description,
  o.status,
  o.spawn_time,
  o.last_output_change,
  o.completed_at,
  o.output_file,
  o.host,
  o.exit_code,
  o.error_message,
  o.failure_reason,
  o.parent_spawn_id,
  o.ps_session_id,
  o.event_id,
  true as is_archived,
  o.tokens_used,
  o.cost_usd
from fleet.spawn_history_overflow as o;

revoke all on fleet.spawns from public;
grant select on fleet.spawns to fleet_reader;

comment on view fleet.spawns is
  'All attempts at all tasks: active_spawns and spawn_history together. Key: project, id.';
comment on column fleet.spawns.id is 'Number of the spawn, the same in active_spawns and spawn_history.';
comment on column fleet.spawns.is_archived is 'Whether the row has moved to spawn_history.';
