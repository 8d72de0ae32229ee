-- migrate:up

-- Two schemas. Whoever uses the toolkit sees fleet alone; fleet_internal holds what the functions share.

create schema fleet;
comment on schema fleet is
  'How is the fleet of AI agents? Tables to read, views, and one function for each thing that can happen.';

create schema fleet_internal;
comment on schema fleet_internal is
  'Helpers of schema fleet: guards, check evaluators, trigger functions. Not an interface: may change in any version.';

-- Spans of time that are policy, not logic. A function that compares two instants takes its limit from here,
-- so a limit is changed by updating a row, never by editing a function.

create table fleet.time_limits (
  name         text      not null,
  duration     interval  not null,
  description  text      not null,

  constraint time_limits_pkey primary key (name),
  constraint time_limits_name_check check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint time_limits_duration_check check (duration between interval '0' and interval '10 years'),
  constraint time_limits_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.time_limits is 'Limits of time that functions take as policy, one row a limit.';
comment on column fleet.time_limits.name is 'What the limit is called where it is used.';
comment on column fleet.time_limits.duration is 'The limit.';
comment on column fleet.time_limits.description is 'What it decides.';

insert into fleet.time_limits (name, duration, description) values
  ('clock_tolerance', interval '1 minute',
    'A caller''s instant this far ahead of the server''s clock is believed; one further ahead is recorded as a clock anomaly.'),
  ('touch_interval', interval '1 second',
    'A session''s last activity is written again only when the stored one is older than this.');

-- A caller may say when a thing happened. Said of the future, it is not believed: one clock that jumped ahead
-- must not keep a dead thing alive. What was claimed is kept here, one row a caller and kind of claim.

create table fleet.clock_anomalies (
  routing_key  text         not null,
  source       text         not null,
  claimed_at   timestamptz  not null,
  recorded_at  timestamptz  not null,
  occurrences  bigint       not null  default 1,

  constraint clock_anomalies_pkey primary key (routing_key, source),
  constraint clock_anomalies_routing_key_check check (length(routing_key) between 1 and 200),
  constraint clock_anomalies_source_check check (length(source) between 1 and 200),
  constraint clock_anomalies_claimed_at_check check (isfinite(claimed_at)),
  constraint clock_anomalies_recorded_at_check check (isfinite(recorded_at)),
  constraint clock_anomalies_occurrences_check check (occurrences >= 1)
);

comment on table fleet.clock_anomalies is 'Instants from the future that callers claimed, counted; none of them was believed.';
comment on column fleet.clock_anomalies.routing_key is 'Whose event it was: the first argument of the function (a project, a service, ...).';
comment on column fleet.clock_anomalies.source is 'The function that was told so.';
comment on column fleet.clock_anomalies.claimed_at is 'The latest instant that was claimed.';
comment on column fleet.clock_anomalies.recorded_at is 'The server''s clock at the latest claim.';
comment on column fleet.clock_anomalies.occurrences is 'How many such claims there were.';

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
  ('health_checks', 'check_time', 'day', interval '7 days'),
  ('session_history', 'ended_at', 'month', interval '35 days'),
  ('spawn_history', 'completed_at', 'month', interval '35 days');

-- How long rows stay, and what happens to them then. A longer life is an UPDATE of a row; nothing is deleted that
-- no row here names.

create table fleet.retention_rules (
  table_name   text      not null,
  keep_for     interval  not null,
  action       text      not null,
  description  text      not null,

  constraint retention_rules_pkey primary key (table_name),
  constraint retention_rules_keep_for_check check (keep_for between interval '1 hour' and interval '100 years'),
  constraint retention_rules_action_check check (action in ('archive', 'drop_partition')),
  constraint retention_rules_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.retention_rules is 'How long the rows of a table stay and what happens to them then.';
comment on column fleet.retention_rules.table_name is 'The table, in schema fleet.';
comment on column fleet.retention_rules.keep_for is 'Rows older than this are due. Partitions go as a whole, once their youngest possible row is due.';
comment on column fleet.retention_rules.action is 'archive: moved to the table''s history. drop_partition: gone.';
comment on column fleet.retention_rules.description is 'What the age is counted from, and who does it.';

insert into fleet.retention_rules (table_name, keep_for, action, description) values
  ('active_spawns', interval '24 hours', 'archive', 'Ended spawns, from completed_at, to spawn_history, by archive_ended_spawns.'),
  ('health_checks', interval '30 days', 'drop_partition', 'From check_time, by purge_partition.'),
  ('ps_sessions', interval '24 hours', 'archive', 'Ended sessions, from ended_at, to session_history, by archive_ended_sessions.'),
  ('session_history', interval '2 years', 'drop_partition', 'From ended_at, by purge_partition.'),
  ('spawn_history', interval '2 years', 'drop_partition', 'From completed_at, by purge_partition.');

-- migrate:down

drop table fleet.retention_rules;
drop table fleet.partition_policies;
drop table fleet.clock_anomalies;
drop table fleet.time_limits;
drop schema fleet_internal;
drop schema fleet;
