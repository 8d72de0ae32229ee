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
  tokens_used         bigint       not null  default 0,
  cost_usd            numeric      not null  default 0,

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
    and output_problem ~ '^(missing|unreadable|irregular|binary|oversized|future_mtime|bad_pattern)(: |$)'),
  constraint active_spawns_tokens_used_check check (tokens_used >= 0),
  constraint active_spawns_cost_usd_check check (cost_usd >= 0 and cost_usd < 'infinity')
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

-- the children of a spawn: get_spawn_tree
create index active_spawns_project_parent_spawn_id_idx on fleet.active_spawns (project, parent_spawn_id)
  where parent_spawn_id is not null;

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
comment on column fleet.active_spawns.tokens_used is 'Tokens it has used so far, the sum of its usage events.';
comment on column fleet.active_spawns.cost_usd is 'What they cost in US dollars.';
