-- The guard of stretches of time in readers: either end may be open, a beginning behind its end is an error. As a
-- condition without columns the planner evaluates it once a query.
create or replace function fleet_internal.require_period(
  p_from  timestamptz,
  p_to    timestamptz
)
returns boolean
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_from >= p_to then
    raise exception 'p_from is not before p_to'
      using errcode = 'MF003',
        detail = format('p_from is %s, p_to is %s.', p_from, p_to),
        hint = 'Leave one out for no bound on its side.';
  end if;
  return true;
end
$$;

revoke all on function fleet_internal.require_period(timestamptz, timestamptz) from public;
grant execute on function fleet_internal.require_period(timestamptz, timestamptz) to fleet_reader;

comment on function fleet_internal.require_period(timestamptz, timestamptz) is
  'Return true when p_from is before p_to or one of them is null; raise MF003 otherwise.';
