-- The one place where a caller's instant meets the server's clock. The past is believed; the future, beyond the
-- tolerance, is counted in clock_anomalies and replaced by the clock: one clock that jumped must keep nothing alive.
-- Locks the caller's anomaly row, only in that case.
create or replace function fleet_internal.believe_instant(
  p_routing_key  text,
  p_source       text,
  p_at           timestamptz
)
returns timestamptz
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_clock timestamptz := clock_timestamp();
begin
  perform fleet_internal.require_instant('p_at', p_at);
  if p_at <= v_clock then
    return p_at;
  end if;
  if p_at <= v_clock + fleet_internal.get_time_limit('clock_tolerance', interval '1 minute') then
    return p_at;
  end if;

  insert into fleet.clock_anomalies as a (routing_key, source, claimed_at, recorded_at)
  values (p_routing_key, p_source, p_at, v_clock)
  on conflict (routing_key, source) do update
    set claimed_at = greatest(a.claimed_at, excluded.claimed_at),
      recorded_at = excluded.recorded_at,
      occurrences = a.occurrences + 1;
  return v_clock;
end
$$;

revoke all on function fleet_internal.believe_instant(text, text, timestamptz) from public;

comment on function fleet_internal.believe_instant(text, text, timestamptz) is
  'Return p_at, or the server''s clock when p_at lies further in the future than time_limits.clock_tolerance allows.';
