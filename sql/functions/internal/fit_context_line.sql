-- A straight line (least squares) through the samples of a session's latest stretch within a window: since the last
-- compaction (a fall by more than ten points), or since the window begins. Reads the window's partitions only, by the
-- primary key of context_samples, and the overflow.
create or replace function fleet_internal.fit_context_line(
  p_project        text,
  p_ps_session_id  bigint,
  p_after          timestamptz,
  p_at             timestamptz
)
returns table (
  samples       bigint,
  slope         numeric,
  fit           numeric,
  latest        numeric,
  latest_at     timestamptz,
  compacted_at  timestamptz
)
language sql
stable
parallel safe
security invoker
begin atomic
  with readings as (
    select
      c.sampled_at,
      c.context_usage,
      c.context_usage < lag(c.context_usage) over (order by c.sampled_at) - 0.1 as is_compaction
    from (
      select s.sampled_at, s.context_usage
      from fleet.context_samples as s
      where s.project = p_project and s.ps_session_id = p_ps_session_id and s.sampled_at > p_after and s.sampled_at <= p_at
      union all
      select o.sampled_at, o.context_usage
      from fleet.context_samples_overflow as o
      where o.project = p_project and o.ps_session_id = p_ps_session_id and o.sampled_at > p_after and o.sampled_at <= p_at
    ) as c
  ),
  stretch as (
    select
      r.sampled_at,
      r.context_usage,
      m.compacted_at,
      -- float is what the regression aggregates take, and no threshold meets it
      r.context_usage::double precision as y,
      extract(epoch from r.sampled_at - p_at)::double precision as x
    from readings as r
    cross join (select max(c.sampled_at) filter (where c.is_compaction) from readings as c) as m (compacted_at)
    where m.compacted_at is null or r.sampled_at >= m.compacted_at
  )
  select
    count(*) as samples,
    -- rounded, so that the noise of a flat line is flat
    round(regr_slope(s.y, s.x)::numeric, 10) as slope,
    case
      when count(*) < 3 then null
      when max(s.context_usage) = min(s.context_usage) then 1
      else regr_r2(s.y, s.x)::numeric
    end as fit,
    (array_agg(s.context_usage order by s.sampled_at desc))[1] as latest,
    max(s.sampled_at) as latest_at,
    max(s.compacted_at) as compacted_at
  from stretch as s;
end;

revoke all on function fleet_internal.fit_context_line(text, bigint, timestamptz, timestamptz) from public;
grant execute on function fleet_internal.fit_context_line(text, bigint, timestamptz, timestamptz) to fleet_reader;

comment on function fleet_internal.fit_context_line(text, bigint, timestamptz, timestamptz) is
  'One row: samples of a session after p_after and up to p_at, their slope (use a second), fit (R squared), the latest, the compaction.';
