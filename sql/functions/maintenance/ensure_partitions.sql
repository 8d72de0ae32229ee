-- Promise: partitions exist for p_at and for the policy's lead ahead, and for every row that waits in an overflow
-- table and is not yet due to go; those rows are moved. Safe to run at any time and twice at once: runs queue up on the
-- rows of partition_policies. Existing partitions are never changed.
create or replace function fleet.ensure_partitions(
  p_at  timestamptz default now()
)
returns table (
  table_name         text,
  partitions_made    text[],
  overflow_moved     bigint,
  overflow_left      bigint
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_policy   fleet.partition_policies;
  v_instant  timestamptz;
  v_keep     interval;
begin
  perform fleet_internal.require_instant('p_at', p_at);
  -- whoever may only write cannot fill the database with partitions of other times
  if p_at not between clock_timestamp() - interval '1 day' and clock_timestamp() + interval '1 day'
    and not pg_has_role(session_user, 'fleet_owner', 'member')
  then
    raise exception 'p_at is more than a day from now'
      using errcode = 'MF003',
        detail = format('Value: %s', p_at),
        hint = 'Leave it out; another time is for members of fleet_owner.';
  end if;

  for v_policy in select * from fleet.partition_policies as p order by p.table_name for update loop
    table_name := v_policy.table_name;
    partitions_made := '{}';

    v_instant := p_at;
    while v_instant <= p_at + v_policy.lead loop
      partitions_made := array_append(
        partitions_made, fleet_internal.create_partition(v_policy.table_name, v_policy.width, v_instant));
      select p.to_at into v_instant
      from fleet_internal.list_partitions(v_policy.table_name) as p
      where v_instant >= p.from_at and v_instant < p.to_at;
      exit when not found;  -- dropped by hand in between: the next run makes it anew
    end loop;

    -- for the past, only what overflow rows call for; what retention would drop at once is left to purge_partition.
    -- Days, whatever the width: a day is the finest stretch that can be without a partition.
    select coalesce(max(r.keep_for), interval '100 years') into v_keep
    from fleet.retention_rules as r
    where r.table_name = v_policy.table_name;
    for v_instant in execute format(
      'select distinct date_trunc(''day'', o.%1$I at time zone ''UTC'') at time zone ''UTC'' from fleet.%2$I as o
       where o.%1$I > $1 and o.%1$I < $2 order by 1 limit 4000',
      v_policy.control_column, v_policy.table_name || '_overflow')
      using p_at - v_keep, p_at + v_policy.lead
    loop
      partitions_made := array_append(partitions_made, fleet_internal.create_partition(
        v_policy.table_name, v_policy.width, greatest(v_instant, p_at - v_keep)));
    end loop;

    begin
      overflow_moved := fleet_internal.move_overflow(v_policy.table_name, v_policy.control_column);
    exception
      -- rows that fit no longer must not keep the other tables from their partitions; check type partitions reports them
      when integrity_constraint_violation or check_violation or foreign_key_violation then
        raise warning 'the overflow of % cannot be moved: % (SQLSTATE %)', v_policy.table_name, sqlerrm, sqlstate;
        overflow_moved := 0;
    end;
    execute format('select count(*) from fleet.%I', v_policy.table_name || '_overflow') into overflow_left;
    partitions_made := array_remove(partitions_made, null);
    return next;
  end loop;
end
$$;

revoke all on function fleet.ensure_partitions(timestamptz) from public;
grant execute on function fleet.ensure_partitions(timestamptz) to fleet_writer;

comment on function fleet.ensure_partitions(timestamptz) is
  'Make the partitions that are needed now and ahead, and move rows out of the overflow tables.

p_at: the instant to reckon from (default now; more than a day away only for members of fleet_owner).
Returns a row for each table of partition_policies: the partitions made, the overflow rows moved, those left.
Errors: MF003 p_at is no usable instant.
Example: select * from fleet.ensure_partitions();';
