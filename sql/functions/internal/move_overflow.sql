-- Move rows out of a table's overflow into the partitions that exist for them by now; at most p_limit rows a call.
-- Column names are read from the overflow table, so a column that a migration added is moved too. A row that is there
-- already (a repeat, recorded once the partition existed) is dropped here and not counted.
create or replace function fleet_internal.move_overflow(
  p_table_name      text,
  p_control_column  text,
  p_limit           integer default 100000
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_columns  text;
  v_moved    bigint;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_columns
  from pg_catalog.pg_attribute as a
  where a.attrelid = to_regclass(format('fleet.%I', p_table_name || '_overflow'))
    and a.attnum > 0
    and not a.attisdropped
    and a.attgenerated = '';

  -- first the locks, in a statement of their own: the next one then sees the rows as whoever held them left them
  execute format(
    'select from (select from fleet.%I as o order by o.%I limit %s for update) as l',
    p_table_name || '_overflow', p_control_column, p_limit);
  execute format(
    'with due as materialized (
       select o.ctid as row_id
       from fleet.%2$I as o
       join fleet_internal.list_partitions(%4$L) as p on o.%3$I >= p.from_at and o.%3$I < p.to_at
       limit %5$s
     ),
     taken as (
       delete from fleet.%2$I as o using due where o.ctid = due.row_id returning o.*
     )
     insert into fleet.%1$I (%6$s) overriding system value
     select %6$s from taken
     on conflict do nothing',
    p_table_name, p_table_name || '_overflow', p_control_column, p_table_name, p_limit, v_columns);
  get diagnostics v_moved = row_count;
  return v_moved;
end
$$;

revoke all on function fleet_internal.move_overflow(text, text, integer) from public;

comment on function fleet_internal.move_overflow(text, text, integer) is
  'Move rows from <table>_overflow to the partitions that now exist for them; return how many.';
