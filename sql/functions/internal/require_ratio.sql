-- The guard of a share of one. NaN compares as greater than every number, so BETWEEN refuses it; 70 for 70 per cent too.
create or replace function fleet_internal.require_ratio(
  p_argument  text,
  p_value     numeric
)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_value not between 0 and 1 then
    raise exception '% is not between 0 and 1', p_argument
      using errcode = 'MF003',
        detail = format('Value: %s', p_value),
        hint = '70 per cent is 0.7.';
  end if;
  return true;
end
$$;

revoke all on function fleet_internal.require_ratio(text, numeric) from public;
grant execute on function fleet_internal.require_ratio(text, numeric) to fleet_reader, fleet_writer;

comment on function fleet_internal.require_ratio(text, numeric) is
  'Return true for a number from 0 to 1 and for null, raise MF003 for any other.';
