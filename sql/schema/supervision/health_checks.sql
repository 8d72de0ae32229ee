-- The audit trail of health checks: one row a project, check type and run. Append-only in practice, split by day, kept
-- 30 days. A row for whose day no partition exists goes whole to the overflow table; ensure_partitions moves it on.

create table fleet.health_checks (
  id            bigint       not null  generated always as identity,
  project       text         not null,
  check_time    timestamptz  not null  default now(),
  check_type    text         not null,
  status        text         not null,
  details       jsonb        not null  default '{}',
  action_taken  text,
  ps_response   text,
  created_at    timestamptz  not null  default now(),
  retry_key     uuid         not null  default gen_random_uuid(),

  constraint idx_health_checks_project primary key (project, check_time, id),
  constraint health_checks_project_check_time_retry_key_key unique (project, check_time, retry_key),
  constraint health_checks_check_type_fkey foreign key (check_type)
    references fleet.check_types (check_type) on update restrict on delete restrict,
  constraint health_checks_project_check check (length(project) between 1 and 200),
  constraint health_checks_check_time_check check (isfinite(check_time)),
  constraint health_checks_status_check check (status in ('ok', 'warning', 'critical')),
  constraint health_checks_details_check check (jsonb_typeof(details) = 'object' and pg_column_size(details) <= 65536),
  constraint health_checks_action_taken_check check (length(action_taken) <= 10000),
  constraint health_checks_ps_response_check check (length(ps_response) <= 10000)
) partition by range (check_time);

-- the latest checks of the whole fleet
create index idx_health_checks_check_time on fleet.health_checks (check_time desc);

-- the latest checks of one status, or of one kind
create index idx_health_checks_status on fleet.health_checks (status, check_time desc);
create index idx_health_checks_check_type on fleet.health_checks (check_type, check_time desc);

-- the latest bad checks of a project
create index idx_health_checks_project_status on fleet.health_checks (project, status, check_time desc);

create table fleet.health_checks_overflow (
  like fleet.health_checks including defaults including constraints including comments,

  constraint health_checks_overflow_pkey primary key (project, check_time, id),
  constraint health_checks_overflow_check_type_fkey foreign key (check_type)
    references fleet.check_types (check_type) on update restrict on delete restrict
);

comment on table fleet.health_checks is
  'Every health check that was made, split by day of check_time. idx_health_checks_project is the primary key: it serves '
  'the checks of a project in order of time.';
comment on column fleet.health_checks.id is 'Number of the check; unique together with project and check_time.';
comment on column fleet.health_checks.project is 'The project that was checked; * for a check of the whole fleet.';
comment on column fleet.health_checks.check_time is 'When.';
comment on column fleet.health_checks.check_type is 'What kind of check: a row of check_types.';
comment on column fleet.health_checks.status is 'ok, warning, critical.';
comment on column fleet.health_checks.details is 'What was found, an object under 64 kB.';
comment on column fleet.health_checks.action_taken is 'What the monitor did about it.';
comment on column fleet.health_checks.ps_response is 'What the project supervisor answered.';
comment on column fleet.health_checks.created_at is 'When the row was made.';
comment on column fleet.health_checks.retry_key is 'Hash of what was recorded: the same record of the same instant is a repeat and stored once.';
comment on table fleet.health_checks_overflow is 'Rows of health_checks for whose check_time no partition existed. Empty when all is well.';
