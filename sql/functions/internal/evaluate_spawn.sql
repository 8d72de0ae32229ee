-- Check type spawn. Marks what is stalled, then judges every open spawn: critical with an error line or a silence past
-- escalate_after, warning with a silence past stalled_after or an output that cannot be read as it should. A project
-- whose open spawns are all well has one row that says so. Reads open rows only.
create or replace function fleet_internal.evaluate_spawn(
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
language plpgsql
volatile
parallel unsafe
security invoker
as $$
#variable_conflict use_column
begin
  perform fleet.mark_stalled_spawns(null, p_at);

  return query
  with judged as (
    select
      a.*,
      r.stalled_after,
      r.escalate_after,
      s.silence,
      case
        when a.error_line is not null or s.silence >= r.escalate_after then 'critical'
        when a.output_problem is not null or s.silence >= r.stalled_after then 'warning'
        else 'ok'
      end as verdict
    from fleet.active_spawns as a
    cross join lateral fleet.get_stall_rule(a.project, a.task_type) as r
    cross join lateral (
      select case
        when not isfinite(greatest(a.last_output_change, a.spawn_time)) then interval '100 years'
        else greatest(p_at - greatest(a.last_output_change, a.spawn_time), interval '0')
      end
    ) as s (silence)
    where a.status in ('running', 'stalled') and a.spawn_time <= p_at
  )
  select
    j.project,
    j.project || '/' || j.task_id,
    j.verdict,
    round(extract(epoch from j.silence), 3),
    's',
    extract(epoch from j.stalled_after),
    extract(epoch from j.escalate_after),
    concat_ws('; ',
      'error in its output: ' || j.error_line,
      case when j.silence >= j.stalled_after then format(
        '%s for %s (allowed %s)',
        case when j.last_output_change is null then 'no output since it was spawned' else 'no new output' end,
        fleet_internal.format_duration(j.silence),
        fleet_internal.format_duration(j.stalled_after)) end,
      'output ' || j.output_problem,
      case when j.silence >= j.stalled_after and j.output_file is not null
          and (j.last_checked_at is null or j.last_checked_at < p_at - j.stalled_after)
        then 'nobody looked at its output file since '
          || coalesce(to_char(j.last_checked_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), 'it was spawned')
          || ': does `sqlctl check` run on ' || coalesce(j.host, 'its host') || '?' end),
    jsonb_strip_nulls(jsonb_build_object(
      'id', j.id, 'task_id', j.task_id, 'task_type', j.task_type, 'attempt', j.attempt, 'status', j.status,
      'spawn_time', j.spawn_time, 'last_output_change', j.last_output_change, 'last_checked_at', j.last_checked_at,
      'output_file', j.output_file, 'host', j.host, 'error_line', j.error_line, 'output_problem', j.output_problem))
  from judged as j
  where j.verdict <> 'ok'
  union all
  select
    j.project, j.project, 'ok', count(*)::numeric, 'spawns', null::numeric, null::numeric,
    format('%s open, none silent for long (longest: %s)', count(*), fleet_internal.format_duration(max(j.silence))),
    jsonb_build_object('open', count(*))
  from judged as j
  group by j.project
  having bool_and(j.verdict = 'ok');
end
$$;

revoke all on function fleet_internal.evaluate_spawn(timestamptz) from public;

comment on function fleet_internal.evaluate_spawn(timestamptz) is
  'Findings of check type spawn: spawns that are silent, show an error, or whose output cannot be read.';
