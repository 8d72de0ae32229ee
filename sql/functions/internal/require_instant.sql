-- The guard of p_at in readers: they take any finite instant as given, past or future, and never read the clock.
create or replace function fleet_internal.require_instant(
  p_argument  text,
  p_value     timestamptz
)
returns timestamptz
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_value is null or p_value not between timestamptz '2000-01-01 00:00+00' and timestamptz '9999-12-31 00:00+00' then
    raise exception '% is no instant between the years 2000 and 9999', p_argument
      using errcode = 'MF003',
        detail = format('Value: %s', coalesce(p_value::text, 'null')),
        hint = 'Leave it out to mean now.';
  end if;
  return p_value;
end
$$;

revoke all on function fleet_internal.require_instant(text, timestamptz) from public;
grant execute on function fleet_internal.require_instant(text, timestamptz) to fleet_reader, fleet_writer;

comment on function fleet_internal.require_instant(text, timestamptz) is
  'Return the instant unchanged, or raise MF003 when it is null, infinite or outside the years 2000 to 9999.';
