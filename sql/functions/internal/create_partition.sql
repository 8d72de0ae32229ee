-- Make the partition that holds an instant, unless one does. It reaches as far as the policy's width and as the
-- neighbours leave room, so a changed width never overlaps. Built beside the parent and attached: that takes SHARE
-- UPDATE EXCLUSIVE on it, where CREATE TABLE ... PARTITION OF would stop every reader. Bounds are midnights in UTC.
create or replace function fleet_internal.create_partition(
  p_table_name  text,
  p_width       text,
  p_instant     timestamptz
)
returns text
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_start  timestamptz := date_trunc(p_width, p_instant at time zone 'UTC') at time zone 'UTC';
  v_end    timestamptz := (date_trunc(p_width, p_instant at time zone 'UTC') + ('1 ' || p_width)::interval) at time zone 'UTC';
  v_name   text;
begin
  if exists (
    select from fleet_internal.list_partitions(p_table_name) as p
    where p_instant >= p.from_at and p_instant < p.to_at
  ) then
    return null;
  end if;

  select
    greatest(v_start, max(p.to_at) filter (where p.to_at <= p_instant)),
    least(v_end, min(p.from_at) filter (where p.from_at > p_instant))
  into v_start, v_end
  from fleet_internal.list_partitions(p_table_name) as p;

  v_name := p_table_name || to_char(v_start at time zone 'UTC', '"_p"YYYYMMDD');
  -- a partition that somebody detached and kept still bears its name
  while to_regclass(format('fleet.%I', v_name)) is not null loop
    v_name := v_name || '_again';
  end loop;
  execute format(
    'create table fleet.%I (like fleet.%I including defaults including constraints including generated including storage)',
    v_name, p_table_name);
  execute format(
    'alter table fleet.%I attach partition fleet.%I for values from (%L) to (%L)',
    p_table_name, v_name,
    to_char(v_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
    to_char(v_end at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
  return v_name;
end
$$;

revoke all on function fleet_internal.create_partition(text, text, timestamptz) from public;

comment on function fleet_internal.create_partition(text, text, timestamptz) is
  'Make the partition of a table for an instant; return its name, or null where one already holds that instant.';
