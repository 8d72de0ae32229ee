-- Check type context: live sessions by the severity of their zone; one without a sign of life for session_silence is a
-- warning at least, as nobody will answer a prompt. Reads live rows only.
create or replace function fleet_internal.evaluate_context(
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
      s.project,
      s.context_usage,
      s.last_context_check,
      s.session_id,
      s.host,
      s.state,
      z.zone,
      z.severity,
      z.advice,
      case when isfinite(s.last_activity) then p_at - s.last_activity end as silence,
      not isfinite(s.last_activity) or s.last_activity <= p_at - fleet_internal.get_time_limit('session_silence', interval '1 hour')
      as is_silent
    from fleet.ps_sessions as s
    left join fleet.get_context_zone() as z on z.project = s.project
    where s.ended_at is null and (s.started_at <= p_at or not isfinite(s.started_at))
  )
  select
    j.project,
    j.project,
    case
      when j.severity in ('warning', 'critical') then j.severity
      when j.is_silent then 'warning'
      when j.context_usage is not null and j.severity is null then 'unknown'
      else 'ok'
    end,
    round(100 * j.context_usage, 1),
    '%',
    (select 100 * min(c.from_usage) from fleet.context_zones as c where c.project = o.owner and c.severity = 'warning'),
    (select 100 * min(c.from_usage) from fleet.context_zones as c where c.project = o.owner and c.severity = 'critical'),
    concat_ws('; ',
      case
        when j.context_usage is null then 'context never read'
        else format('context %s %% full (%s): %s', round(100 * j.context_usage, 1), coalesce(j.zone, 'no zone'),
          coalesce(j.advice, 'context_zones has no rows'))
      end,
      case when j.is_silent then 'no sign of life' || coalesce(' for ' || fleet_internal.format_duration(j.silence), '') end),
    jsonb_strip_nulls(jsonb_build_object(
      'session_id', j.session_id, 'host', j.host, 'state', j.state, 'zone', j.zone, 'last_context_check', j.last_context_check))
  from judged as j
  cross join lateral (
    select case when exists (select from fleet.context_zones as c where c.project = j.project) then j.project else '*' end
  ) as o (owner);
end;

revoke all on function fleet_internal.evaluate_context(timestamptz) from public;

comment on function fleet_internal.evaluate_context(timestamptz) is
  'Findings of check type context: live sessions by their context zone, and those that fell silent.';
