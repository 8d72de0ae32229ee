-- What ensure_partitions would make: the read-only question, so that whoever has nothing to do takes no lock.
create or replace function fleet.list_missing_partitions(
  p_at  timestamptz default now()
)
returns table (
  table_name    text,
  missing_from  timestamptz
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    p.table_name,
    m.missing_from
  from (select fleet_internal.require_instant('p_at', p_at)) as i (at)
  cross join fleet.partition_policies as p
  cross join lateral (
    select coalesce(range_agg(tstzrange(l.from_at, l.to_at)), '{}') from fleet_internal.list_partitions(p.table_name) as l
  ) as c (covered)
  cross join lateral unnest(tstzmultirange(tstzrange(
    -- in UTC: a day of the session's time zone may have 23 hours
    i.at, (i.at at time zone 'UTC' + p.lead) at time zone 'UTC', '[]')) - c.covered) as gap
  cross join lateral (
    -- a gap lacks a partition from its beginning, and from each of the policy's bounds within it
    select lower(gap) as missing_from
    union
    select g.starts_at at time zone 'UTC'
    from generate_series(
      date_trunc(p.width, lower(gap) at time zone 'UTC'), upper(gap) at time zone 'UTC', ('1 ' || p.width)::interval
    ) as g (starts_at)
    where gap @> (g.starts_at at time zone 'UTC')
  ) as m
  order by p.table_name, m.missing_from;
end;

revoke all on function fleet.list_missing_partitions(timestamptz) from public;
grant execute on function fleet.list_missing_partitions(timestamptz) to fleet_reader;

comment on function fleet.list_missing_partitions(timestamptz) is
  'The partitions that should exist now or ahead and do not.

p_at: the instant to reckon from (default now).
Returns a row for each missing one: its table and from when on it is missing. No row: all is well.
Errors: MF003 p_at is no usable instant.
Example: select * from fleet.list_missing_partitions();';
