-- The guard of a length of time that a caller chooses: given, above zero, and no longer than ten years.
create or replace function fleet_internal.require_window(
  p_argument  text,
  p_value     interval
)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_value is null or p_value <= interval '0' or p_value > interval '10 years' then
    raise exception '% is no length of time up to ten years', p_argument
      using errcode = 'MF003',
        detail = format('Value: %s', coalesce(p_value::text, 'null')),
        hint = 'Leave it out, or give an interval such as 2 hours.';
  end if;
  return true;
end
$$;

revoke all on function fleet_internal.require_window(text, interval) from public;
grant execute on function fleet_internal.require_window(text, interval) to fleet_reader, fleet_writer;

comment on function fleet_internal.require_window(text, interval) is
  'Return true for an interval above zero and up to ten years, raise MF003 for any other.';
