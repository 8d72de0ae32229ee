-- Check type orphaned_work: open spawns nobody waits for any more, because the session that spawned them has ended (or
-- was replaced), or their parent failed or was abandoned. Reads open rows, their sessions and parents only.
create or replace function fleet_internal.evaluate_orphaned_work(
  p_at  timestamptz
)
returns table (
  project             text,
  subject             text,
  status              text,
  value               numeric,
  unit                text,
  warning_threshold   numeric,
  critical_threshold  numeric,
  message             text,
  detail              jsonb
)
language sql
stable
parallel safe
security invoker
begin atomic
  with judged as (
    select
      a.project,
      a.task_id,
      a.id,
      a.spawn_time,
      a.ps_session_id is not null and not exists (
        select from fleet.ps_sessions as s
        where s.project = a.project and s.id = a.ps_session_id and (s.ended_at is null or s.ended_at > p_at)
      ) and not exists (
        -- asked as of a time before the end of a session that has since moved on
        select from fleet.session_history as h where h.project = a.project and h.id = a.ps_session_id and h.ended_at > p_at
      ) and not exists (
        select from fleet.session_history_overflow as o where o.project = a.project and o.id = a.ps_session_id and o.ended_at > p_at
      ) as has_no_session,
      e.ended_at as session_ended_at,
      p.task_id as parent_task_id,
      p.status as parent_status
    from fleet.active_spawns as a
    left join fleet.ps_sessions as e on e.project = a.project and e.id = a.ps_session_id
    left join lateral (
      select s.task_id, s.status
      from fleet.spawns as s
      where s.project = a.project and s.id = a.parent_spawn_id
        and s.status in ('failed', 'abandoned') and s.completed_at <= p_at
      limit 1
    ) as p on true
    where a.status in ('running', 'stalled') and a.spawn_time <= p_at
  )
  select
    j.project,
    j.project || '/' || j.task_id,
    'warning',
    case when isfinite(j.spawn_time) then round(extract(epoch from p_at - j.spawn_time), 3) end,
    's',
    null::numeric,
    null::numeric,
    'still running though ' || concat_ws(' and ',
      case when j.has_no_session then
        'its session ' || coalesce(
          'ended ' || fleet_internal.format_duration(case when isfinite(j.session_ended_at) then p_at - j.session_ended_at end) || ' ago',
          'was replaced or has ended')
      end,
      'its parent ' || j.parent_task_id || case j.parent_status when 'failed' then ' failed' else ' was abandoned' end),
    jsonb_strip_nulls(jsonb_build_object(
      'id', j.id, 'task_id', j.task_id, 'spawn_time', j.spawn_time, 'session_ended_at', j.session_ended_at,
      'parent_task_id', j.parent_task_id, 'parent_status', j.parent_status))
  from judged as j
  where j.has_no_session or j.parent_task_id is not null
  union all
  select
    j.project, j.project, 'ok', count(*)::numeric, 'spawns', null::numeric, null::numeric,
    format('%s open, none orphaned', count(*)), jsonb_build_object('open', count(*))
  from judged as j
  group by j.project
  having not bool_or(j.has_no_session or j.parent_task_id is not null);
end;

revoke all on function fleet_internal.evaluate_orphaned_work(timestamptz) from public;

comment on function fleet_internal.evaluate_orphaned_work(timestamptz) is
  'Findings of check type orphaned_work: open spawns whose session has ended or whose parent failed or was abandoned.';
