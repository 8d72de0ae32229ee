-- Whose clock runs ahead? Everything callers claimed of the future, the latest first.
create or replace function fleet.list_clock_anomalies(
  p_since  timestamptz default '-infinity'
)
returns table (
  routing_key    text,
  source         text,
  claimed_at     timestamptz,
  recorded_at    timestamptz,
  ahead_seconds  numeric,
  occurrences    bigint
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    a.routing_key, a.source, a.claimed_at, a.recorded_at,
    case when isfinite(a.claimed_at) and isfinite(a.recorded_at)
      then round(extract(epoch from a.claimed_at - a.recorded_at), 3) end as ahead_seconds,
    a.occurrences
  from fleet.clock_anomalies as a
  where a.recorded_at >= p_since
  order by a.recorded_at desc, a.routing_key, a.source;
end;

revoke all on function fleet.list_clock_anomalies(timestamptz) from public;
grant execute on function fleet.list_clock_anomalies(timestamptz) to fleet_reader;

comment on function fleet.list_clock_anomalies(timestamptz) is
  'The instants from the future that callers claimed and that were not believed.

p_since: only those recorded since then.
Returns routing_key (project, ...), source (the function told so), claimed_at, recorded_at, ahead_seconds, occurrences.
Example: select * from fleet.list_clock_anomalies();';
