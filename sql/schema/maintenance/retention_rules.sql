-- How long rows stay, and what happens to them then. A longer life is an UPDATE of a row; nothing is deleted that
-- no row here names.

create table fleet.retention_rules (
  table_name   text      not null,
  keep_for     interval  not null,
  action       text      not null,
  description  text      not null,

  constraint retention_rules_pkey primary key (table_name),
  constraint retention_rules_keep_for_check check (keep_for between interval '1 hour' and interval '100 years'),
  constraint retention_rules_action_check check (action in ('archive', 'delete', 'drop_partition')),
  constraint retention_rules_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.retention_rules is 'How long the rows of a table stay and what happens to them then.';
comment on column fleet.retention_rules.table_name is 'The table, in schema fleet.';
comment on column fleet.retention_rules.keep_for is 'Rows older than this are due. Partitions go as a whole, once their youngest possible row is due.';
comment on column fleet.retention_rules.action is
  'archive: moved to the table''s history. delete: gone row by row, by purge_rows. drop_partition: gone.';
comment on column fleet.retention_rules.description is 'What the age is counted from, and who does it.';

insert into fleet.retention_rules (table_name, keep_for, action, description) values
  ('active_spawns', interval '24 hours', 'archive', 'Ended spawns, from completed_at, to spawn_history, by archive_ended_spawns.'),
  ('context_samples', interval '30 days', 'drop_partition', 'From sampled_at, by purge_partition.'),
  ('health_check_counts', interval '2 years', 'delete', 'From check_date, by purge_rows.'),
  ('health_checks', interval '30 days', 'drop_partition', 'From check_time, by purge_partition.'),
  ('ps_sessions', interval '24 hours', 'archive', 'Ended sessions, from ended_at, to session_history, by archive_ended_sessions.'),
  ('session_handoffs', interval '2 years', 'delete', 'From asked_at, by purge_rows; open ones stay.'),
  ('session_history', interval '2 years', 'drop_partition', 'From ended_at, by purge_partition.'),
  ('spawn_history', interval '2 years', 'drop_partition', 'From completed_at, by purge_partition.'),
  ('spawn_usages', interval '90 days', 'drop_partition', 'From recorded_at, by purge_partition. Totals stay with the spawns.');
