-- When will the session reach a zone? A straight line (least squares) through the samples of its current stretch: since
-- its start, its last compaction (a fall by more than ten points), or the beginning of the window, whichever is latest.
-- Reads the partitions of the window only (fit_context_line).
create or replace function fleet.get_context_forecast(
  p_project  text,
  p_target   text         default 'critical',
  p_window   interval     default interval '2 hours',
  p_at       timestamptz  default now()
)
returns table (
  project             text,
  context_usage       numeric,
  samples             bigint,
  percent_per_hour    numeric,
  fit                 numeric,
  target_from         numeric,
  seconds_to_target   numeric,
  target_at           timestamptz,
  tokens_to_target    bigint,
  largest_task        text,
  compacted_at        timestamptz
)
language sql
stable
parallel safe
security invoker
begin atomic
  with live as (
    select s.project, s.id, coalesce(s.estimated_tokens_total, 200000) as tokens_total
    from fleet.ps_sessions as s
    where s.project = p_project and s.ended_at is null
      and fleet_internal.require_known_project(p_project)
      and fleet_internal.require_instant('p_at', p_at) is not null
      and fleet_internal.require_window('p_window', p_window)
      and fleet_internal.require_context_zone(p_target)
  ),
  target as (
    select z.from_usage
    from fleet.context_zones as z
    where z.zone = p_target
      and z.project = case when exists (select from fleet.context_zones as c where c.project = p_project) then p_project else '*' end
  )
  select
    l.project,
    n.latest as context_usage,
    n.samples,
    round(n.slope * 360000, 3) as percent_per_hour,
    round(n.fit, 4) as fit,
    t.from_usage as target_from,
    e.seconds as seconds_to_target,
    case when e.seconds < 315360000 then p_at + make_interval(secs => e.seconds::double precision) end as target_at,
    case
      when n.latest >= t.from_usage then 0
      else ceil((t.from_usage - n.latest) * l.tokens_total)::bigint
    end as tokens_to_target,
    (
      select k.task_size
      from fleet.task_sizes as k
      where k.needed_tokens <= (t.from_usage - n.latest) * l.tokens_total
      order by k.needed_tokens desc
      limit 1
    ) as largest_task,
    n.compacted_at
  from live as l
  cross join lateral fleet_internal.fit_context_line(l.project, l.id, p_at - p_window, p_at) as n
  left join target as t on true
  cross join lateral (
    select case
      when n.latest >= t.from_usage then 0
      when n.slope > 0 and t.from_usage is not null then greatest(
        round((t.from_usage - n.latest) / n.slope - extract(epoch from p_at - n.latest_at), 0), 0)
    end
  ) as e (seconds)
  where n.samples > 0;
end;

revoke all on function fleet.get_context_forecast(text, text, interval, timestamptz) from public;
grant execute on function fleet.get_context_forecast(text, text, interval, timestamptz) to fleet_reader;

comment on function fleet.get_context_forecast(text, text, interval, timestamptz) is
  'When the context window of a project''s live session will reach a zone, at the pace of its latest readings.

p_project: the project. p_target: the zone. p_window: how far back readings count. p_at: as of when.
Returns one row (none without a live session or a reading in the window): context_usage (0 to 1), samples, their slope
in percent_per_hour and its fit (R squared, 0 to 1; null below three samples), the use the target begins
at (null where the project has no such zone),
seconds_to_target (0: reached; null: not growing) and target_at, tokens_to_target, the largest task (task_sizes) that
fits before the target, and when the session was last compacted within the window.
Formulas: slope and fit by least squares (regr_slope, regr_r2).
Errors: MF001 unknown project; MF003 p_at is no usable instant, p_window not above zero or over ten years; MF004 p_target
is the name of no zone.
Example: select seconds_to_target, largest_task from fleet.get_context_forecast(''consilio'');';
