-- The ledger: what stands in this database and where it came from. Made by `sqlctl migrate` and by rendered scripts in
-- a transaction of its own before the first run, never by a migration; dbmate's schema_migrations is kept in step.

create schema sqlctl authorization fleet_owner;
comment on schema sqlctl is 'Ledger of sqlctl: which migrations, functions and views this database has.';
grant usage on schema sqlctl to fleet_reader;

create table sqlctl.settings (
  name   text  not null,
  value  text  not null,

  constraint settings_pkey primary key (name)
);
comment on table sqlctl.settings is 'Choices made at the first run that later runs must follow.';
comment on column sqlctl.settings.name is 'ledger_schema: the schema of dbmate''s schema_migrations.';
comment on column sqlctl.settings.value is 'The choice.';

create table sqlctl.runner_lock (
  is_lock  boolean  not null  default true,

  constraint runner_lock_pkey primary key (is_lock)
);
comment on table sqlctl.runner_lock is
  'Empty. Who changes the schema holds this table in EXCLUSIVE mode; whoever comes second polls with NOWAIT.';
comment on column sqlctl.runner_lock.is_lock is 'Never written.';

create table sqlctl.runs (
  id              bigint       not null  generated always as identity,
  command         text         not null,
  started_at      timestamptz  not null  default clock_timestamp(),
  finished_at     timestamptz,
  applied_by      text         not null  default session_user,
  sqlctl_version  text         not null,

  constraint runs_pkey primary key (id),
  constraint runs_command_check check (command in ('migrate', 'down', 'render'))
);
comment on table sqlctl.runs is 'Runs that changed something, one row each.';
comment on column sqlctl.runs.id is 'Number of the run.';
comment on column sqlctl.runs.command is 'migrate, down, or render for a rendered script.';
comment on column sqlctl.runs.started_at is 'When it began its work, lock in hand.';
comment on column sqlctl.runs.finished_at is 'When it was through; null if a migration outside a transaction stopped it half way.';
comment on column sqlctl.runs.applied_by is 'The login that ran it.';
comment on column sqlctl.runs.sqlctl_version is 'The version of sqlctl that ran it or wrote the script.';

create table sqlctl.migrations (
  version          text         not null,
  name             text         not null,
  sha256           text         not null,
  code_sha256      text         not null,
  status           text         not null,
  statements_done  integer      not null,
  ordinal          bigint       not null  generated always as identity,
  applied_at       timestamptz  not null  default clock_timestamp(),
  duration_ms      bigint,
  applied_by       text         not null  default session_user,
  sqlctl_version   text         not null,
  origin           text         not null,

  constraint migrations_pkey primary key (version),
  constraint migrations_status_check check (status in ('applied', 'started')),
  constraint migrations_statements_done_check check (statements_done >= 0),
  constraint migrations_origin_check check (origin in ('sqlctl', 'dbmate'))
);
comment on table sqlctl.migrations is 'Migrations that this database has, one row each.';
comment on column sqlctl.migrations.version is 'The 14 digits that its file''s name begins with.';
comment on column sqlctl.migrations.name is 'The rest of its file''s name.';
comment on column sqlctl.migrations.sha256 is 'Of the file as it was applied.';
comment on column sqlctl.migrations.code_sha256 is 'The same without comments and white space: if this differs, the code was changed.';
comment on column sqlctl.migrations.status is 'applied, or started: a migration outside a transaction that has not (yet) succeeded.';
comment on column sqlctl.migrations.statements_done is 'How many of its statements are done.';
comment on column sqlctl.migrations.ordinal is 'Order of application; down reverts in the opposite order.';
comment on column sqlctl.migrations.applied_at is 'When it was applied, or started.';
comment on column sqlctl.migrations.duration_ms is 'How long it took; null where nobody measured.';
comment on column sqlctl.migrations.applied_by is 'The login that applied it.';
comment on column sqlctl.migrations.sqlctl_version is 'The version of sqlctl that wrote this row.';
comment on column sqlctl.migrations.origin is 'Who applied it: sqlctl or dbmate.';

create table sqlctl.objects (
  path        text         not null,
  kind        text         not null,
  sha256      text         not null,
  applied_at  timestamptz  not null  default clock_timestamp(),
  run_id      bigint       not null,

  constraint objects_pkey primary key (path),
  constraint objects_kind_check check (kind in ('function', 'view', 'privileges')),
  constraint objects_run_id_fkey foreign key (run_id) references sqlctl.runs (id) on update restrict on delete restrict
);
comment on table sqlctl.objects is 'Functions, views and privileges as they stand in this database, one row a file.';
comment on column sqlctl.objects.path is 'The file under sql/.';
comment on column sqlctl.objects.kind is 'function (procedures too), view, privileges.';
comment on column sqlctl.objects.sha256 is 'Of the file as it was applied; a file that differs is applied again.';
comment on column sqlctl.objects.applied_at is 'When it was applied.';
comment on column sqlctl.objects.run_id is 'The run that applied it.';

grant select on all tables in schema sqlctl to fleet_reader;
alter table sqlctl.settings owner to fleet_owner;
alter table sqlctl.runner_lock owner to fleet_owner;
alter table sqlctl.runs owner to fleet_owner;
alter table sqlctl.migrations owner to fleet_owner;
alter table sqlctl.objects owner to fleet_owner;
