-- One step of retention: drop the oldest partition of a table if all it can hold is past its time, and the overflow
-- rows past theirs. Dropping locks the parent against everyone, so the wait is 50 ms: lock_not_available (55P03) means
-- try again. The lock stays until the transaction ends: commit after each call, and call until nothing comes back.
create or replace function fleet.purge_partition(
  p_table_name  text,
  p_at          timestamptz default now()
)
returns table (
  partition_dropped      text,
  overflow_rows_deleted  bigint
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '50ms'
as $$
declare
  v_policy  fleet.partition_policies;
  v_cut     timestamptz;
begin
  select p.* into v_policy
  from fleet.partition_policies as p
  join fleet.retention_rules as r on r.table_name = p.table_name and r.action = 'drop_partition'
  where p.table_name = p_table_name
  for update of p;  -- one upkeep at a time: ensure_partitions locks it too
  if not found then
    raise exception 'table % is not purged by partition', coalesce(quote_literal(left(p_table_name, 100)), 'null')
      using errcode = 'MF004',
        detail = 'partition_policies and retention_rules must both name it.',
        hint = 'select table_name from fleet.partition_policies';
  end if;
  -- the clock bounds the cut: an instant from the future must not drop what is still wanted
  v_cut := least(fleet_internal.require_instant('p_at', p_at), clock_timestamp())
    - (select r.keep_for from fleet.retention_rules as r where r.table_name = p_table_name);

  select l.partition_name into partition_dropped
  from fleet_internal.list_partitions(p_table_name) as l
  where l.to_at <= v_cut
  order by l.to_at
  limit 1;
  if partition_dropped is not null then
    execute format('drop table if exists fleet.%I', partition_dropped);
  end if;

  execute format(
    'delete from fleet.%1$I as o where o.ctid in (select d.ctid from fleet.%1$I as d where d.%2$I < $1 limit 100000)',
    p_table_name || '_overflow', v_policy.control_column)
  using v_cut;
  get diagnostics overflow_rows_deleted = row_count;

  if partition_dropped is not null or overflow_rows_deleted > 0 then
    return next;
  end if;
end
$$;

revoke all on function fleet.purge_partition(text, timestamptz) from public;
grant execute on function fleet.purge_partition(text, timestamptz) to fleet_writer;

comment on function fleet.purge_partition(text, timestamptz) is
  'Drop the oldest partition of a table whose rows are all past their retention; one step of the purge.

p_table_name: a table that partition_policies and retention_rules (drop_partition) name.
p_at: the instant to reckon from (default now; never later than the server''s clock).
Returns one row with what went, no row when nothing is due. Call and commit until no row comes back.
Errors: MF003 p_at is no usable instant; MF004 no such table in the policies; 55P03 somebody reads it: try again.
Example: select * from fleet.purge_partition(''health_checks'');';
