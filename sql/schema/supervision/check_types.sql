-- A kind of health check is a row. One with an evaluator is run by run_checks; one without is only recorded,
-- by whoever made the check (record_health_check). An unknown kind is an error, never a new row.

create table fleet.check_types (
  check_type   text  not null,
  domain       text  not null,
  evaluator    text,
  description  text  not null,

  constraint check_types_pkey primary key (check_type),
  constraint check_types_check_type_check check (check_type ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint check_types_evaluator_check check (evaluator ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint check_types_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.check_types is 'The kinds of health check there are.';
comment on column fleet.check_types.check_type is 'Its name, as in health_checks.check_type and `sqlctl check NAME`.';
comment on column fleet.check_types.domain is 'The part of the toolkit it belongs to.';
comment on column fleet.check_types.evaluator is 'The function of schema fleet_internal, taking p_at, that run_checks calls; null: only recorded.';
comment on column fleet.check_types.description is 'What it looks for.';

insert into fleet.check_types (check_type, domain, evaluator, description) values
  ('context', 'supervision', 'evaluate_context',
    'How full a session''s context window is, and whether a live session still gives signs of life.'),
  ('handoff', 'supervision', 'evaluate_handoff', 'Whether a session handed its work over in time.'),
  ('heartbeat', 'services', null, 'Whether a service gave a sign of life in time.'),
  ('orphaned_work', 'supervision', 'evaluate_orphaned_work',
    'Spawns still running though their session has ended, or their parent failed or was abandoned.'),
  ('partitions', 'maintenance', 'evaluate_partitions',
    'Whether partitions exist for now and ahead, rows wait in an overflow table, or retention fell behind.'),
  ('spawn', 'supervision', 'evaluate_spawn', 'Spawns that are silent, show an error, or whose output cannot be read.');
