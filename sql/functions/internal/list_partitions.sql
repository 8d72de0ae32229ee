-- The partitions of a table with their bounds, from the catalog. The catalog prints bounds in the session's time zone
-- and date style, so both are pinned. A partition being detached is none.
create or replace function fleet_internal.list_partitions(
  p_table_name  text
)
returns table (
  partition_name  text,
  from_at         timestamptz,
  to_at           timestamptz
)
language sql
stable
parallel safe
security invoker
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
begin atomic
  select
    c.relname::text as partition_name,
    case when b.bound like '%FROM (MINVALUE)%' then '-infinity' else (regexp_match(b.bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz end
    as from_at,
    case when b.bound like '%TO (MAXVALUE)%' then 'infinity' else (regexp_match(b.bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz end
    as to_at
  from pg_catalog.pg_inherits as i
  join pg_catalog.pg_class as c on c.oid = i.inhrelid
  cross join lateral (select pg_catalog.pg_get_expr(c.relpartbound, c.oid)) as b (bound)
  where i.inhparent = to_regclass(format('fleet.%I', p_table_name))
    and not i.inhdetachpending
    -- null once another session has dropped it: then it covers nothing
    and b.bound is not null;
end;

revoke all on function fleet_internal.list_partitions(text) from public;
grant execute on function fleet_internal.list_partitions(text) to fleet_reader, fleet_writer;

comment on function fleet_internal.list_partitions(text) is
  'The partitions of a table of schema fleet: name, first instant, first instant after.';
