-- migrate:up

-- The life of a handoff: asked (the session is to write its work down, until deadline_at), written (the document is there),
-- resumed (another session took it up); or timed_out, when nothing came in time. A document that comes late after all is
-- still written. One row a handoff; a session has one open (asked) handoff at most, and the index sees to it.

create table fleet.session_handoffs (
  id                     bigint       not null  generated always as identity,
  project                text         not null,
  ps_session_id          bigint       not null,
  session_id             text,
  state                  text         not null  default 'asked',
  context_usage          numeric,
  asked_at               timestamptz  not null,
  deadline_at            timestamptz  not null,
  timed_out_at           timestamptz,
  handoff_file_path      text,
  written_at             timestamptz,
  duration_seconds       numeric                generated always as (extract(epoch from written_at - asked_at)) stored,
  resumed_at             timestamptz,
  resumed_ps_session_id  bigint,

  constraint session_handoffs_pkey primary key (project, asked_at, id),
  constraint session_handoffs_project_check check (length(project) between 1 and 200),
  constraint session_handoffs_session_id_check check (length(session_id) between 1 and 200),
  constraint session_handoffs_state_check check (state in ('asked', 'written', 'resumed', 'timed_out')),
  constraint session_handoffs_context_usage_check check (context_usage between 0 and 1),
  constraint session_handoffs_asked_at_check check (isfinite(asked_at)),
  constraint session_handoffs_deadline_at_check check (isfinite(deadline_at) and deadline_at >= asked_at),
  constraint session_handoffs_timed_out_at_check check (
    isfinite(timed_out_at) and timed_out_at >= deadline_at
    and case state when 'asked' then timed_out_at is null when 'timed_out' then timed_out_at is not null else true end),
  constraint session_handoffs_handoff_file_path_check check (
    length(handoff_file_path) between 1 and 4096 and (handoff_file_path is null) = (written_at is null)),
  constraint session_handoffs_written_at_check check (
    isfinite(written_at) and written_at >= asked_at and (written_at is null) = (state in ('asked', 'timed_out'))),
  constraint session_handoffs_duration_seconds_check check (duration_seconds >= 0),
  constraint session_handoffs_resumed_at_check check (
    isfinite(resumed_at) and resumed_at >= written_at and (resumed_at is null) = (state <> 'resumed')),
  constraint session_handoffs_resumed_ps_session_id_check check ((resumed_ps_session_id is null) = (resumed_at is null))
);

-- one open handoff a session; expire_session_handoffs and evaluate_handoff read the open ones through it
create unique index session_handoffs_project_ps_session_id_idx on fleet.session_handoffs (project, ps_session_id) where state = 'asked';

-- evaluate_handoff: the handoffs of the last hour of the whole fleet; purge_rows: the oldest
create index session_handoffs_asked_at_idx on fleet.session_handoffs (asked_at);

comment on table fleet.session_handoffs is
  'Handoffs of sessions whose context window is nearly full: when a document was asked for, written, taken up by another '
  'session, or not written in time. The key serves the latest handoffs of a project.';
comment on column fleet.session_handoffs.id is 'Number of the handoff; unique together with project and asked_at.';
comment on column fleet.session_handoffs.project is 'The project.';
comment on column fleet.session_handoffs.ps_session_id is 'Number (ps_sessions.id) of the session that hands over. No foreign key: it moves to session_history.';
comment on column fleet.session_handoffs.session_id is 'The agent''s own id of that session.';
comment on column fleet.session_handoffs.state is 'asked (open), written, resumed, timed_out.';
comment on column fleet.session_handoffs.context_usage is 'How full its context window was when it was asked, 0 to 1; null where no reading was.';
comment on column fleet.session_handoffs.asked_at is 'When the document was asked for.';
comment on column fleet.session_handoffs.deadline_at is 'Until when it is waited for (time_limits.handoff_deadline).';
comment on column fleet.session_handoffs.timed_out_at is 'When it was found not to have come in time; kept if it comes late.';
comment on column fleet.session_handoffs.handoff_file_path is 'The document.';
comment on column fleet.session_handoffs.written_at is 'When it was written.';
comment on column fleet.session_handoffs.duration_seconds is 'How long that took, from asked_at.';
comment on column fleet.session_handoffs.resumed_at is 'When a session took it up.';
comment on column fleet.session_handoffs.resumed_ps_session_id is 'Number of that session.';

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

insert into fleet.time_limits (name, duration, description) values
  ('handoff_deadline', interval '5 minutes', 'A handoff document that was asked for is waited for this long.'),
  ('handoff_spacing', interval '1 hour', 'More than one handoff of a project within this span is a warning.');

update fleet.check_types set evaluator = 'evaluate_handoff' where check_type = 'handoff';

-- A table of a few rows: the scan is nothing.
-- squawk-ignore ban-drop-constraint
alter table fleet.retention_rules drop constraint retention_rules_action_check;
alter table fleet.retention_rules
  -- squawk-ignore constraint-missing-not-valid
  add constraint retention_rules_action_check check (action in ('archive', 'delete', 'drop_partition'));

comment on column fleet.retention_rules.action is
  'archive: moved to the table''s history. delete: gone row by row, by purge_rows. drop_partition: gone.';

insert into fleet.retention_rules (table_name, keep_for, action, description) values
  ('health_check_counts', interval '2 years', 'delete', 'From check_date, by purge_rows.'),
  ('session_handoffs', interval '2 years', 'delete', 'From asked_at, by purge_rows; open ones stay.');

-- What was recorded before counting began. No writer may come between this and the trigger that counts.
lock table fleet.health_checks in share row exclusive mode;

insert into fleet.health_check_counts (project, check_date, check_type, status, check_count, last_check_time)
select h.project, (h.check_time at time zone 'UTC')::date, h.check_type, h.status, count(*), max(h.check_time)
from fleet.health_checks as h
group by h.project, (h.check_time at time zone 'UTC')::date, h.check_type, h.status;

-- migrate:down

delete from fleet.retention_rules where table_name in ('health_check_counts', 'session_handoffs');

alter table fleet.retention_rules
  drop constraint retention_rules_action_check,
  add constraint retention_rules_action_check check (action in ('archive', 'drop_partition'));

comment on column fleet.retention_rules.action is 'archive: moved to the table''s history. drop_partition: gone.';

update fleet.check_types set evaluator = null where check_type = 'handoff';

delete from fleet.time_limits where name in ('handoff_deadline', 'handoff_spacing');

drop table fleet.health_check_deltas;
drop table fleet.health_check_counts;
drop table fleet.session_handoffs;
