-- Health checks that are recorded and not yet folded into health_check_counts. Writers only insert, the fold alone deletes.

create table fleet.health_check_deltas (
  id               bigint       not null  generated always as identity,
  project          text         not null,
  check_date       date         not null,
  check_type       text         not null,
  status           text         not null,
  check_count      bigint       not null,
  last_check_time  timestamptz  not null,

  constraint health_check_deltas_pkey primary key (project, id),
  constraint health_check_deltas_project_check check (length(project) between 1 and 200),
  constraint health_check_deltas_check_type_check check (length(check_type) between 1 and 63),
  constraint health_check_deltas_status_check check (status in ('ok', 'warning', 'critical')),
  constraint health_check_deltas_check_count_check check (check_count > 0),
  constraint health_check_deltas_last_check_time_check check (isfinite(last_check_time))
);

comment on table fleet.health_check_deltas is
  'Counts of health checks since the last refresh_health_check_counts, a row for each insert into health_checks and kind.';
comment on column fleet.health_check_deltas.id is 'Number of the row.';
comment on column fleet.health_check_deltas.project is 'The project; * for checks of the whole fleet.';
comment on column fleet.health_check_deltas.check_date is 'The day of the checks, in UTC.';
comment on column fleet.health_check_deltas.check_type is 'Their kind: a row of check_types.';
comment on column fleet.health_check_deltas.status is 'ok, warning, critical.';
comment on column fleet.health_check_deltas.check_count is 'How many there were.';
comment on column fleet.health_check_deltas.last_check_time is 'When the last of them was made.';
