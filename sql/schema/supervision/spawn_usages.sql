-- The ledger of what spawns used: one row a usage event, whose sum stands on the spawn's own row. It is here to know a
-- repeat as one, and to show where a total came from; totals outlive it. Written by record_spawn_usage, split by month.

create table fleet.spawn_usages (
  project      text         not null,
  task_id      text         not null,
  event_id     uuid         not null  default gen_random_uuid(),
  recorded_at  timestamptz  not null,
  spawn_id     bigint       not null,
  tokens_used  bigint       not null,
  cost_usd     numeric      not null,

  constraint spawn_usages_pkey primary key (project, task_id, event_id, recorded_at),
  constraint spawn_usages_project_check check (length(project) between 1 and 200),
  constraint spawn_usages_task_id_check check (length(task_id) between 1 and 200),
  constraint spawn_usages_recorded_at_check check (isfinite(recorded_at)),
  constraint spawn_usages_tokens_used_check check (tokens_used between 0 and 1000000000000),
  constraint spawn_usages_cost_usd_check check (cost_usd between 0 and 1000000000)
) partition by range (recorded_at);

create table fleet.spawn_usages_overflow (
  like fleet.spawn_usages including defaults including constraints including comments,

  constraint spawn_usages_overflow_pkey primary key (project, task_id, event_id, recorded_at)
);

comment on table fleet.spawn_usages is
  'What spawns used, one row a usage event, split by month of recorded_at. Its key begins with the task, so the events of '
  'a task lie together and a repeat is found by its event id alone, whatever time it names.';
comment on column fleet.spawn_usages.project is 'The project that spawned it.';
comment on column fleet.spawn_usages.task_id is 'The task.';
comment on column fleet.spawn_usages.event_id is 'The caller''s id of the event: the same one again is a repeat. Made up where the caller gave none.';
comment on column fleet.spawn_usages.recorded_at is 'When it was used.';
comment on column fleet.spawn_usages.spawn_id is 'Id of the attempt it was counted for.';
comment on column fleet.spawn_usages.tokens_used is 'Tokens used, this time.';
comment on column fleet.spawn_usages.cost_usd is 'What they cost in US dollars, to 12 decimals.';
comment on table fleet.spawn_usages_overflow is 'Rows of spawn_usages for whose recorded_at no partition existed. Empty when all is well.';
