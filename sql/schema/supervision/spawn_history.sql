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
  tokens_used         bigint       not null  default 0,
  cost_usd            numeric      not null  default 0,

  constraint spawn_history_pkey primary key (project, completed_at, id),
  constraint spawn_history_status_check check (status in ('completed', 'failed', 'abandoned')),
  constraint spawn_history_completed_at_check check (isfinite(completed_at) and completed_at >= spawn_time)
) partition by range (completed_at);

-- the earlier attempts at a task: register_spawn, complete_spawn
create index spawn_history_project_task_id_idx on fleet.spawn_history (project, task_id);

-- a spawn's parent
create index spawn_history_project_id_idx on fleet.spawn_history (project, id);

-- the children of a spawn: get_spawn_tree
create index spawn_history_project_parent_spawn_id_idx on fleet.spawn_history (project, parent_spawn_id)
  where parent_spawn_id is not null;

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
comment on column fleet.spawn_history.tokens_used is 'Tokens it used, the sum of its usage events; late ones are added here.';
comment on column fleet.spawn_history.cost_usd is 'What they cost in US dollars.';
comment on table fleet.spawn_history_overflow is 'Rows of spawn_history for whose completed_at no partition existed. Empty when all is well.';
