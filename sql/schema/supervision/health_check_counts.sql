-- How many health checks there were, a row a day. What writers insert into health_checks is counted as health_check_deltas
-- (by trigger, a row a statement and kind, so that no two writers ever meet on a row); refresh_health_check_counts folds
-- them into health_check_counts. Both together are exact at every moment, and they outlive the checks themselves.

create table fleet.health_check_counts (
  project          text         not null,
  check_date       date         not null,
  check_type       text         not null,
  status           text         not null,
  check_count      bigint       not null,
  last_check_time  timestamptz  not null,

  constraint health_check_counts_pkey primary key (project, check_date, check_type, status),
  constraint health_check_counts_project_check check (length(project) between 1 and 200),
  constraint health_check_counts_check_type_check check (length(check_type) between 1 and 63),
  constraint health_check_counts_status_check check (status in ('ok', 'warning', 'critical')),
  constraint health_check_counts_check_count_check check (check_count > 0),
  constraint health_check_counts_last_check_time_check check (isfinite(last_check_time))
);

-- health_check_summary: the last days of the whole fleet; purge_rows: the oldest
create index health_check_counts_check_date_idx on fleet.health_check_counts (check_date);

comment on table fleet.health_check_counts is
  'Daily counts of health checks, as far as refresh_health_check_counts has folded them; health_check_summary adds the rest.';
comment on column fleet.health_check_counts.project is 'The project; * for checks of the whole fleet.';
comment on column fleet.health_check_counts.check_date is 'The day of the checks, in UTC.';
comment on column fleet.health_check_counts.check_type is 'Their kind: a row of check_types.';
comment on column fleet.health_check_counts.status is 'ok, warning, critical.';
comment on column fleet.health_check_counts.check_count is 'How many there were.';
comment on column fleet.health_check_counts.last_check_time is 'When the last of them was made.';
