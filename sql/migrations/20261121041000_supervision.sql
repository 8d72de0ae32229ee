-- migrate:up

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
  ('context', 'supervision', null, 'How full a session''s context window is.'),
  ('handoff', 'supervision', null, 'Whether a session handed its work over in time.'),
  ('heartbeat', 'services', null, 'Whether a service gave a sign of life in time.'),
  ('orphaned_work', 'supervision', 'evaluate_orphaned_work',
    'Spawns still running though their session has ended, or their parent failed or was abandoned.'),
  ('partitions', 'maintenance', 'evaluate_partitions',
    'Whether partitions exist for now and ahead, rows wait in an overflow table, or retention fell behind.'),
  ('spawn', 'supervision', 'evaluate_spawn', 'Spawns that are silent, show an error, or whose output cannot be read.');

-- When silence is a stall, when a stall is critical, what an error looks like. '*' stands for any project or any
-- task type; the row that names more wins, a named project before a named task type.

create table fleet.stall_rules (
  project           text      not null,
  task_type         text      not null,
  stalled_after     interval  not null,
  escalate_after    interval  not null,
  error_pattern     text      not null,
  max_output_bytes  bigint    not null,

  constraint stall_rules_pkey primary key (project, task_type),
  constraint stall_rules_project_check check (length(project) between 1 and 200),
  constraint stall_rules_task_type_check check (length(task_type) between 1 and 200),
  constraint stall_rules_stalled_after_check check (stalled_after between interval '1 second' and interval '30 days'),
  constraint stall_rules_escalate_after_check check (escalate_after between stalled_after and interval '60 days'),
  constraint stall_rules_error_pattern_check check (length(error_pattern) between 1 and 1000),
  constraint stall_rules_max_output_bytes_check check (max_output_bytes > 0)
);

comment on table fleet.stall_rules is 'Limits of silence and error patterns for spawns, by project and task type.';
comment on column fleet.stall_rules.project is 'The project it is for; * for any.';
comment on column fleet.stall_rules.task_type is 'The task type it is for; * for any.';
comment on column fleet.stall_rules.stalled_after is 'Silence this long is a stall (warning).';
comment on column fleet.stall_rules.escalate_after is 'Silence this long is critical.';
comment on column fleet.stall_rules.error_pattern is 'Regular expression, in the syntax common to PostgreSQL and Python; a line of the last 50 of the output that matches is critical.';
comment on column fleet.stall_rules.max_output_bytes is 'An output file larger than this is reported.';

insert into fleet.stall_rules (project, task_type, stalled_after, escalate_after, error_pattern, max_output_bytes) values
  ('*', '*', interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824);

-- The live state of the project supervisors' sessions: one row a project, the row of its newest session. An ended
-- session stays for a while (retention_rules), then moves to session_history; a newer one of its project moves it at once.

create table fleet.ps_sessions (
  id                      bigint       not null  generated always as identity,
  project                 text         not null,
  session_type            text         not null  default 'cli',
  session_id              text,
  started_at              timestamptz  not null  default now(),
  last_activity           timestamptz  not null  default now(),
  last_context_check      timestamptz,
  context_usage           numeric,
  estimated_tokens_used   bigint,
  estimated_tokens_total  bigint                 default 200000,
  created_at              timestamptz  not null  default now(),
  updated_at              timestamptz  not null  default now(),
  handoff_file_path       text,
  host                    text,
  tmux_socket             text,
  tmux_pane               text,
  model                   text,
  state                   text         not null  default 'working',
  state_changed_at        timestamptz  not null  default now(),
  state_reported_at       timestamptz  not null  default now(),
  ended_at                timestamptz,
  end_reason              text,

  constraint idx_ps_sessions_project primary key (project),
  constraint ps_sessions_project_check check (length(project) between 1 and 200),
  constraint ps_sessions_session_type_check check (session_type in ('cli', 'sdk')),
  constraint ps_sessions_session_id_check check (length(session_id) between 1 and 200),
  constraint ps_sessions_started_at_check check (isfinite(started_at)),
  constraint ps_sessions_last_activity_check check (isfinite(last_activity) and last_activity >= started_at),
  constraint ps_sessions_last_context_check_check check (isfinite(last_context_check)),
  constraint ps_sessions_context_usage_check check (context_usage between 0 and 1),
  constraint ps_sessions_estimated_tokens_used_check check (estimated_tokens_used >= 0),
  constraint ps_sessions_estimated_tokens_total_check check (
    estimated_tokens_total > 0 and estimated_tokens_used <= estimated_tokens_total),
  constraint ps_sessions_handoff_file_path_check check (length(handoff_file_path) between 1 and 4096),
  constraint ps_sessions_host_check check (length(host) between 1 and 255),
  constraint ps_sessions_tmux_socket_check check (length(tmux_socket) between 1 and 4096),
  constraint ps_sessions_tmux_pane_check check (length(tmux_pane) between 1 and 200),
  constraint ps_sessions_model_check check (length(model) between 1 and 200),
  constraint ps_sessions_state_check check (state in ('working', 'idle', 'needs_input', 'error')),
  constraint ps_sessions_state_changed_at_check check (isfinite(state_changed_at)),
  constraint ps_sessions_state_reported_at_check check (isfinite(state_reported_at)),
  constraint ps_sessions_ended_at_check check (isfinite(ended_at) and ended_at >= started_at),
  constraint ps_sessions_end_reason_check check (length(end_reason) between 1 and 1000 and (end_reason is null) = (ended_at is null))
) with (fillfactor = 50);

comment on table fleet.ps_sessions is
  'Sessions of project supervisors, one row a project: its newest session. idx_ps_sessions_project is the primary key. '
  'The sources'' idx_ps_sessions_last_activity and idx_ps_sessions_context_usage do not exist: every touch changes those '
  'columns and would lose its HOT update; one row a project makes a scan of the whole table the fast plan.';
comment on column fleet.ps_sessions.id is 'Number of the session; kept when the row moves to session_history.';
comment on column fleet.ps_sessions.project is 'The project. It has one session at a time.';
comment on column fleet.ps_sessions.session_type is 'cli: an agent in a terminal. sdk: one driven by a program.';
comment on column fleet.ps_sessions.session_id is 'The agent''s own id of its session.';
comment on column fleet.ps_sessions.started_at is 'When it started.';
comment on column fleet.ps_sessions.last_activity is 'Its last sign of life, exact to the touch_interval of time_limits.';
comment on column fleet.ps_sessions.last_context_check is 'When its context use was last read.';
comment on column fleet.ps_sessions.context_usage is 'How full its context window is, 0 to 1.';
comment on column fleet.ps_sessions.estimated_tokens_used is 'Tokens in the context window.';
comment on column fleet.ps_sessions.estimated_tokens_total is 'Size of the context window in tokens, as reported; 200,000 where nothing was.';
comment on column fleet.ps_sessions.created_at is 'When the row was made.';
comment on column fleet.ps_sessions.updated_at is 'When the row was last changed.';
comment on column fleet.ps_sessions.handoff_file_path is 'The document in which it hands its work over.';
comment on column fleet.ps_sessions.host is 'The machine it runs on.';
comment on column fleet.ps_sessions.tmux_socket is 'Socket of the tmux server that shows it.';
comment on column fleet.ps_sessions.tmux_pane is 'Pane of that server, such as %3.';
comment on column fleet.ps_sessions.model is 'The model that answers.';
comment on column fleet.ps_sessions.state is 'What it is doing: working, idle, needs_input (waits for a person), error.';
comment on column fleet.ps_sessions.state_changed_at is 'Since when.';
comment on column fleet.ps_sessions.state_reported_at is 'When it was last said to be so: an older report changes nothing.';
comment on column fleet.ps_sessions.ended_at is 'When it ended; null while it lives.';
comment on column fleet.ps_sessions.end_reason is 'Why it ended.';

-- Sessions that ended: moved here from ps_sessions, a day after their end or when their project starts another.
-- Split by month of ended_at. Ids are those of ps_sessions.

create table fleet.session_history (
  id                      bigint       not null,
  project                 text         not null,
  session_type            text         not null,
  session_id              text,
  started_at              timestamptz  not null,
  last_activity           timestamptz  not null,
  last_context_check      timestamptz,
  context_usage           numeric,
  estimated_tokens_used   bigint,
  estimated_tokens_total  bigint,
  created_at              timestamptz  not null,
  updated_at              timestamptz  not null,
  handoff_file_path       text,
  host                    text,
  tmux_socket             text,
  tmux_pane               text,
  model                   text,
  state                   text         not null,
  state_changed_at        timestamptz  not null,
  state_reported_at       timestamptz  not null,
  ended_at                timestamptz  not null,
  end_reason              text         not null,
  archived_at             timestamptz  not null  default now(),

  constraint session_history_pkey primary key (project, ended_at, id),
  constraint session_history_ended_at_check check (isfinite(ended_at) and ended_at >= started_at)
) partition by range (ended_at);

-- an agent's earlier session: start_session, end_session told of it late
create index session_history_project_session_id_idx on fleet.session_history (project, session_id);

create table fleet.session_history_overflow (
  like fleet.session_history including defaults including constraints including comments,

  constraint session_history_overflow_pkey primary key (project, ended_at, id)
);

comment on table fleet.session_history is 'Ended sessions moved out of ps_sessions, split by month of ended_at.';
comment on column fleet.session_history.id is 'Number of the session, as it was in ps_sessions.';
comment on column fleet.session_history.project is 'The project.';
comment on column fleet.session_history.session_type is 'cli or sdk.';
comment on column fleet.session_history.session_id is 'The agent''s own id of its session.';
comment on column fleet.session_history.started_at is 'When it started.';
comment on column fleet.session_history.last_activity is 'Its last sign of life.';
comment on column fleet.session_history.last_context_check is 'When its context use was last read.';
comment on column fleet.session_history.context_usage is 'How full its context window was at the last reading, 0 to 1.';
comment on column fleet.session_history.estimated_tokens_used is 'Tokens in the context window at the last reading.';
comment on column fleet.session_history.estimated_tokens_total is 'Size of the context window in tokens.';
comment on column fleet.session_history.created_at is 'When its row was made.';
comment on column fleet.session_history.updated_at is 'When its row was last changed.';
comment on column fleet.session_history.handoff_file_path is 'The document in which it handed its work over.';
comment on column fleet.session_history.host is 'The machine it ran on.';
comment on column fleet.session_history.tmux_socket is 'Socket of the tmux server that showed it.';
comment on column fleet.session_history.tmux_pane is 'Pane of that server.';
comment on column fleet.session_history.model is 'The model that answered.';
comment on column fleet.session_history.state is 'What it was doing when it ended.';
comment on column fleet.session_history.state_changed_at is 'Since when.';
comment on column fleet.session_history.state_reported_at is 'When it was last said to be so.';
comment on column fleet.session_history.ended_at is 'When it ended.';
comment on column fleet.session_history.end_reason is 'Why it ended; replaced: another session of its project started.';
comment on column fleet.session_history.archived_at is 'When it was moved here.';
comment on table fleet.session_history_overflow is 'Rows of session_history for whose ended_at no partition existed. Empty when all is well.';

-- Spawned subagents: the running ones, and the ended ones of the last day. One row a task: a retry of a task moves
-- the earlier attempt to spawn_history. Every query of the hot path reads open rows (running, stalled) only.

create table fleet.active_spawns (
  id                  bigint       not null  generated always as identity,
  project             text         not null,
  task_id             text         not null,
  task_type           text,
  description         text,
  spawn_time          timestamptz  not null  default now(),
  last_output_change  timestamptz,
  output_file         text,
  status              text         not null  default 'running',
  exit_code           integer,
  error_message       text,
  completed_at        timestamptz,
  created_at          timestamptz  not null  default now(),
  updated_at          timestamptz  not null  default now(),
  failure_reason      text,
  parent_spawn_id     bigint,
  host                text,
  ps_session_id       bigint,
  attempt             integer      not null  default 1,
  event_id            uuid,
  stalled_at          timestamptz,
  last_checked_at     timestamptz,
  error_line          text,
  output_problem      text,

  constraint active_spawns_pkey primary key (project, task_id),
  constraint active_spawns_project_id_key unique (project, id),
  constraint active_spawns_project_check check (length(project) between 1 and 200),
  constraint active_spawns_task_id_check check (length(task_id) between 1 and 200),
  constraint active_spawns_task_type_check check (length(task_type) between 1 and 200),
  constraint active_spawns_description_check check (length(description) <= 10000),
  constraint active_spawns_spawn_time_check check (isfinite(spawn_time)),
  constraint active_spawns_last_output_change_check check (isfinite(last_output_change)),
  constraint active_spawns_output_file_check check (length(output_file) between 1 and 4096),
  constraint active_spawns_status_check check (status in ('running', 'completed', 'failed', 'stalled', 'abandoned')),
  constraint active_spawns_error_message_check check (length(error_message) <= 10000),
  constraint active_spawns_completed_at_check check (
    isfinite(completed_at) and completed_at >= spawn_time
    and (completed_at is null) = (status in ('running', 'stalled'))),
  constraint active_spawns_failure_reason_check check (length(failure_reason) <= 1000),
  constraint active_spawns_parent_spawn_id_check check (parent_spawn_id <> id),
  constraint active_spawns_host_check check (length(host) between 1 and 255),
  constraint active_spawns_attempt_check check (attempt >= 1),
  constraint active_spawns_stalled_at_check check (isfinite(stalled_at) and (stalled_at is null) = (status <> 'stalled')),
  constraint active_spawns_last_checked_at_check check (isfinite(last_checked_at)),
  constraint active_spawns_error_line_check check (length(error_line) <= 1000),
  constraint active_spawns_output_problem_check check (
    length(output_problem) <= 1000
    and output_problem ~ '^(missing|unreadable|irregular|binary|oversized|future_mtime|bad_pattern)(: |$)')
) with (fillfactor = 50);

-- get_stalled_spawns(project) and list_output_files: the open spawns of a project
create index idx_active_spawns_project on fleet.active_spawns (project) where status in ('running', 'stalled');

-- the open, or the ended, spawns of the whole fleet
create index idx_active_spawns_status on fleet.active_spawns (status);

-- where project = ... and status = ..., as document 1 prints it
create index idx_active_spawns_project_status on fleet.active_spawns (project, status);

-- order by spawn_time desc: the latest spawns
create index idx_active_spawns_spawn_time on fleet.active_spawns (spawn_time);

-- the ended ones that are due for the archive: archive_ended_spawns, check type partitions
create index active_spawns_completed_at_idx on fleet.active_spawns (completed_at) where completed_at is not null;

comment on table fleet.active_spawns is
  'Spawned subagents, one row a task: running ones, and ended ones until retention_rules moves them to spawn_history. '
  'The view spawns shows both. No foreign key on parent_spawn_id: a parent may have moved on before its child.';
comment on column fleet.active_spawns.id is 'Number of the spawn (of this attempt); kept when the row moves to spawn_history.';
comment on column fleet.active_spawns.project is 'The project that spawned it.';
comment on column fleet.active_spawns.task_id is 'The task, unique in its project.';
comment on column fleet.active_spawns.task_type is 'Kind of task, such as research or implementation; stall_rules may name it.';
comment on column fleet.active_spawns.description is 'The task in words.';
comment on column fleet.active_spawns.spawn_time is 'When it was spawned.';
comment on column fleet.active_spawns.last_output_change is 'When its output last changed; null: it has not written yet.';
comment on column fleet.active_spawns.output_file is 'Path of its output on its host.';
comment on column fleet.active_spawns.status is 'running, stalled (silent too long, still open), completed, failed, abandoned.';
comment on column fleet.active_spawns.exit_code is 'Its exit code, once it has ended.';
comment on column fleet.active_spawns.error_message is 'What it said when it failed.';
comment on column fleet.active_spawns.completed_at is 'When it ended, in whichever way; null while open.';
comment on column fleet.active_spawns.created_at is 'When the row was made.';
comment on column fleet.active_spawns.updated_at is 'When the row was last changed.';
comment on column fleet.active_spawns.failure_reason is 'Why it failed or was abandoned, in a word a report can group by.';
comment on column fleet.active_spawns.parent_spawn_id is 'Id of the spawn of the same project that spawned it.';
comment on column fleet.active_spawns.host is 'The machine its output file is on; null: any checker may look.';
comment on column fleet.active_spawns.ps_session_id is 'Id of the project''s session that spawned it; null where none was registered.';
comment on column fleet.active_spawns.attempt is 'Which attempt at the task this is, from 1.';
comment on column fleet.active_spawns.event_id is 'The caller''s id of the registration: the same one again is a repeat, not a retry of the task.';
comment on column fleet.active_spawns.stalled_at is 'When it was marked stalled; null unless it is.';
comment on column fleet.active_spawns.last_checked_at is 'When its output was last looked at.';
comment on column fleet.active_spawns.error_line is 'The line of its output that matched the error pattern at the last look.';
comment on column fleet.active_spawns.output_problem is 'Why its output could not be read as it should: a code, and words behind a colon.';

-- Spawns that ended: moved here from active_spawns, a day after their end or when their task is retried. Split by
-- month of completed_at. Ids are those of active_spawns.

create table fleet.spawn_history (
  id                  bigint       not null,
  project             text         not null,
  task_id             text         not null,
  task_type           text,
  description         text,
  spawn_time          timestamptz  not null,
  last_output_change  timestamptz,
  output_file         text,
  status              text         not null,
  exit_code           integer,
  error_message       text,
  completed_at        timestamptz  not null,
  created_at          timestamptz  not null,
  updated_at          timestamptz  not null,
  failure_reason      text,
  parent_spawn_id     bigint,
  host                text,
  ps_session_id       bigint,
  attempt             integer      not null,
  event_id            uuid,
  last_checked_at     timestamptz,
  error_line          text,
  output_problem      text,
  archived_at         timestamptz  not null  default now(),

  constraint spawn_history_pkey primary key (project, completed_at, id),
  constraint spawn_history_status_check check (status in ('completed', 'failed', 'abandoned')),
  constraint spawn_history_completed_at_check check (isfinite(completed_at) and completed_at >= spawn_time)
) partition by range (completed_at);

-- the earlier attempts at a task: register_spawn, complete_spawn
create index spawn_history_project_task_id_idx on fleet.spawn_history (project, task_id);

-- a spawn's parent
create index spawn_history_project_id_idx on fleet.spawn_history (project, id);

create table fleet.spawn_history_overflow (
  like fleet.spawn_history including defaults including constraints including comments,

  constraint spawn_history_overflow_pkey primary key (project, completed_at, id)
);

comment on table fleet.spawn_history is 'Ended spawns moved out of active_spawns, split by month of completed_at. The view spawns shows both.';
comment on column fleet.spawn_history.id is 'Number of the spawn, as it was in active_spawns.';
comment on column fleet.spawn_history.project is 'The project that spawned it.';
comment on column fleet.spawn_history.task_id is 'The task; a retried one stands here once an attempt.';
comment on column fleet.spawn_history.task_type is 'Kind of task.';
comment on column fleet.spawn_history.description is 'The task in words.';
comment on column fleet.spawn_history.spawn_time is 'When it was spawned.';
comment on column fleet.spawn_history.last_output_change is 'When its output last changed.';
comment on column fleet.spawn_history.output_file is 'Path of its output on its host.';
comment on column fleet.spawn_history.status is 'How it ended: completed, failed, abandoned.';
comment on column fleet.spawn_history.exit_code is 'Its exit code.';
comment on column fleet.spawn_history.error_message is 'What it said when it failed.';
comment on column fleet.spawn_history.completed_at is 'When it ended.';
comment on column fleet.spawn_history.created_at is 'When its row was made.';
comment on column fleet.spawn_history.updated_at is 'When its row was last changed.';
comment on column fleet.spawn_history.failure_reason is 'Why it failed or was abandoned.';
comment on column fleet.spawn_history.parent_spawn_id is 'Id of the spawn that spawned it.';
comment on column fleet.spawn_history.host is 'The machine its output file was on.';
comment on column fleet.spawn_history.ps_session_id is 'Id of the session that spawned it.';
comment on column fleet.spawn_history.attempt is 'Which attempt at the task it was.';
comment on column fleet.spawn_history.event_id is 'The caller''s id of its registration.';
comment on column fleet.spawn_history.last_checked_at is 'When its output was last looked at.';
comment on column fleet.spawn_history.error_line is 'The line of its output that matched the error pattern at the last look.';
comment on column fleet.spawn_history.output_problem is 'Why its output could not be read as it should.';
comment on column fleet.spawn_history.archived_at is 'When it was moved here.';
comment on table fleet.spawn_history_overflow is 'Rows of spawn_history for whose completed_at no partition existed. Empty when all is well.';

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

-- migrate:down

drop table fleet.health_checks_overflow;
drop table fleet.health_checks;
drop table fleet.spawn_history_overflow;
drop table fleet.spawn_history;
drop table fleet.active_spawns;
drop table fleet.session_history_overflow;
drop table fleet.session_history;
drop table fleet.ps_sessions;
drop table fleet.stall_rules;
drop table fleet.check_types;
