-- The guard of check types: an unknown one is an error, never a new kind of check.
create or replace function fleet_internal.require_check_type(
  p_check_type  text
)
returns text
language plpgsql
stable
parallel safe
security invoker
as $$
begin
  if not exists (select from fleet.check_types as c where c.check_type = p_check_type) then
    raise exception 'check type % is not known', coalesce(quote_literal(left(p_check_type, 60)), 'null')
      using errcode = 'MF004',
        detail = 'check_types has no such row.',
        hint = format('It is one of %s.', (select string_agg(c.check_type, ', ' order by c.check_type) from fleet.check_types as c));
  end if;
  return p_check_type;
end
$$;

revoke all on function fleet_internal.require_check_type(text) from public;

comment on function fleet_internal.require_check_type(text) is
  'Return the check type unchanged, or raise MF004 when check_types has no such row.';
