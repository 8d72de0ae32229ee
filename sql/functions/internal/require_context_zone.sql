-- A zone's name is a row of context_zones, of any project: a mistyped one is an error, not a zone never reached.
create or replace function fleet_internal.require_context_zone(
  p_zone  text
)
returns boolean
language plpgsql
stable
parallel safe
security invoker
as $$
begin
  if exists (select from fleet.context_zones as z where z.zone = p_zone) then
    return true;
  end if;
  raise exception 'context zone % is not known', coalesce(quote_literal(left(p_zone, 60)), 'null')
    using errcode = 'MF004',
      detail = format('Known ones: %s.', coalesce(
        (select string_agg(z.zone, ', ' order by z.at, z.zone) from (
          select c.zone, min(c.from_usage) as at from fleet.context_zones as c group by c.zone) as z), 'none')),
      hint = 'select project, zone, from_usage from fleet.context_zones order by 1, 3';
end
$$;

revoke all on function fleet_internal.require_context_zone(text) from public;
grant execute on function fleet_internal.require_context_zone(text) to fleet_reader, fleet_writer;

comment on function fleet_internal.require_context_zone(text) is
  'Return true for the name of a context zone of any project, raise MF004 for any other and for null.';
