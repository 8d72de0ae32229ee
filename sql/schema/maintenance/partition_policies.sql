-- Which tables are split by time, how wide a partition is and how far ahead partitions must exist.
-- ensure_partitions reads this table; purge_partition drops what retention_rules lets go.

create table fleet.partition_policies (
  table_name      text      not null,
  control_column  text      not null,
  width           text      not null,
  lead            interval  not null,

  constraint partition_policies_pkey primary key (table_name),
  constraint partition_policies_table_name_check check (table_name ~ '^[a-z][a-z0-9_]{0,53}$'),
  constraint partition_policies_control_column_check check (control_column ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint partition_policies_width_check check (width in ('day', 'week', 'month')),
  constraint partition_policies_lead_check check (lead between interval '1 day' and interval '1 year')
);

comment on table fleet.partition_policies is 'How each table of history in schema fleet is split by time. Bounds are midnights in UTC.';
comment on column fleet.partition_policies.table_name is 'The partitioned table, in schema fleet; its rows without a partition go to <table_name>_overflow.';
comment on column fleet.partition_policies.control_column is 'The timestamptz column that decides the partition.';
comment on column fleet.partition_policies.width is 'One partition holds a day, a week (from Monday) or a month. A new width counts from the next new partition.';
comment on column fleet.partition_policies.lead is 'Partitions exist for now and for this long ahead.';

insert into fleet.partition_policies (table_name, control_column, width, lead) values
  ('context_samples', 'sampled_at', 'day', interval '7 days'),
  ('health_checks', 'check_time', 'day', interval '7 days'),
  ('session_history', 'ended_at', 'month', interval '35 days'),
  ('spawn_history', 'completed_at', 'month', interval '35 days'),
  ('spawn_usages', 'recorded_at', 'month', interval '35 days');
