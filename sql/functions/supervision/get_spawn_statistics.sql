-- How well and how long spawns work, by project and task type, of those spawned in a stretch of time; as things stood at
-- p_at: what ended later counts as open. Live rows come by idx_active_spawns_spawn_time or idx_active_spawns_project_status,
-- archived ones by spawn_history_pkey: a spawn ends after it began, so p_from spares the older partitions. Cost grows with
-- the stretch; without p_from all history is read.
create or replace function fleet.get_spawn_statistics(
  p_project    text         default null,
  p_task_type  text         default null,
  p_from       timestamptz  default null,
  p_to         timestamptz  default null,
  p_at         timestamptz  default now()
)
returns table (
  project                text,
  task_type              text,
  spawns                 bigint,
  open_spawns            bigint,
  completed              bigint,
  failed                 bigint,
  abandoned              bigint,
  success_rate_percent   numeric,
  mean_duration_seconds  numeric,
  p95_duration_seconds   numeric,
  tokens_used            bigint,
  cost_usd               numeric
)
language sql
stable
parallel safe
security invoker
begin atomic
  with all_spawns as (
    select a.project, a.task_type, a.status, a.spawn_time, a.completed_at, a.tokens_used, a.cost_usd
    from fleet.active_spawns as a
    union all
    select h.project, h.task_type, h.status, h.spawn_time, h.completed_at, h.tokens_used, h.cost_usd
    from fleet.spawn_history as h
    where h.completed_at >= coalesce(p_from, '-infinity')
    union all
    select o.project, o.task_type, o.status, o.spawn_time, o.completed_at, o.tokens_used, o.cost_usd
    from fleet.spawn_history_overflow as o
  ),
  judged as (
    select
      s.project, s.task_type, s.tokens_used, s.cost_usd,
      case when s.completed_at <= p_at then s.status else 'open' end as status,
      case when s.completed_at <= p_at and isfinite(s.spawn_time)
        then extract(epoch from s.completed_at - s.spawn_time) end as duration
    from all_spawns as s
    where (p_project is null or s.project = p_project)
      and (p_task_type is null or s.task_type = p_task_type)
      and s.spawn_time >= coalesce(p_from, '-infinity')
      and s.spawn_time < coalesce(p_to, 'infinity')
      and s.spawn_time <= p_at
  )
  select
    j.project,
    j.task_type,
    count(*) as spawns,
    count(*) filter (where j.status = 'open') as open_spawns,
    count(*) filter (where j.status = 'completed') as completed,
    count(*) filter (where j.status = 'failed') as failed,
    count(*) filter (where j.status = 'abandoned') as abandoned,
    round(100.0 * count(*) filter (where j.status = 'completed')
      / nullif(count(*) filter (where j.status <> 'open'), 0), 2) as success_rate_percent,
    round(avg(j.duration), 3) as mean_duration_seconds,
    round(percentile_cont(0.95) within group (order by j.duration::double precision)::numeric, 3) as p95_duration_seconds,
    sum(j.tokens_used)::bigint as tokens_used,
    sum(j.cost_usd) as cost_usd
  from judged as j
  where fleet_internal.require_known_project(p_project)
    and fleet_internal.require_period(p_from, p_to)
    and fleet_internal.require_instant('p_at', p_at) is not null
  group by j.project, j.task_type
  order by j.project, j.task_type;
end;

revoke all on function fleet.get_spawn_statistics(text, text, timestamptz, timestamptz, timestamptz) from public;
grant execute on function fleet.get_spawn_statistics(text, text, timestamptz, timestamptz, timestamptz) to fleet_reader;

comment on function fleet.get_spawn_statistics(text, text, timestamptz, timestamptz, timestamptz) is
  'How many spawns there were, how many succeeded and how long they took, by project and task type.

p_project: the project, null for all. p_task_type: the task type, null for all. p_from, p_to: only those spawned from p_from
on and before p_to; null for no bound. p_at: as things stood then; a spawn that ended later counts as open.
Returns a row a project and task type (null: spawns without one): spawns (each attempt is one), open_spawns, completed,
failed, abandoned, success_rate_percent (completed of the ended, null when none has ended), mean_duration_seconds and
p95_duration_seconds (of the ended, however they did), tokens_used and cost_usd (all that is recorded by now).
Errors: MF001 unknown project; MF003 p_from is not before p_to, or p_at is no usable instant.
Example: select * from fleet.get_spawn_statistics(''consilio'', p_from => now() - interval ''7 days'');';
