-- migrate:up

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

insert into fleet.partition_policies (table_name, control_column, width, lead) values
  ('spawn_usages', 'recorded_at', 'month', interval '35 days');

insert into fleet.retention_rules (table_name, keep_for, action, description) values
  ('spawn_usages', interval '90 days', 'drop_partition', 'From recorded_at, by purge_partition. Totals stay with the spawns.');

-- What each spawn used, in all: on its own row, so that a tree or a statistic never reads the ledger, and totals outlive it.

alter table fleet.spawn_history
  add column tokens_used bigint not null default 0,
  add column cost_usd numeric not null default 0;
comment on column fleet.spawn_history.tokens_used is 'Tokens it used, the sum of its usage events; late ones are added here.';
comment on column fleet.spawn_history.cost_usd is 'What they cost in US dollars.';

-- as the sheet makes it: like spawn_history, with the names of its constraints
alter table fleet.spawn_history_overflow
  add column tokens_used bigint default 0 constraint spawn_history_tokens_used_not_null not null,
  add column cost_usd numeric default 0 constraint spawn_history_cost_usd_not_null not null;

-- the children of a spawn: get_spawn_tree. A partitioned table knows no CONCURRENTLY; only upkeep and retries write here.
-- squawk-ignore require-concurrent-index-creation
create index spawn_history_project_parent_spawn_id_idx on fleet.spawn_history (project, parent_spawn_id)
  where parent_spawn_id is not null;

alter table fleet.active_spawns
  add column tokens_used bigint not null default 0
    constraint active_spawns_tokens_used_check check (tokens_used >= 0),
  add column cost_usd numeric not null default 0
    constraint active_spawns_cost_usd_check check (cost_usd >= 0 and cost_usd < 'infinity');
comment on column fleet.active_spawns.tokens_used is 'Tokens it has used so far, the sum of its usage events.';
comment on column fleet.active_spawns.cost_usd is 'What they cost in US dollars.';

-- migrate:down

alter table fleet.active_spawns drop column cost_usd, drop column tokens_used;
drop index fleet.spawn_history_project_parent_spawn_id_idx;
alter table fleet.spawn_history drop column cost_usd, drop column tokens_used;
alter table fleet.spawn_history_overflow drop column cost_usd, drop column tokens_used;
delete from fleet.retention_rules where table_name = 'spawn_usages';
delete from fleet.partition_policies where table_name = 'spawn_usages';
drop table fleet.spawn_usages_overflow;
drop table fleet.spawn_usages;
