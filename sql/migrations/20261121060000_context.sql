-- migrate:up

-- How much context a task takes, by size. Rough by nature: change the rows to what your agents really use.

create table fleet.task_sizes (
  task_size      text    not null,
  needed_tokens  bigint  not null,
  description    text    not null,

  constraint task_sizes_pkey primary key (task_size),
  constraint task_sizes_needed_tokens_key unique (needed_tokens),
  constraint task_sizes_task_size_check check (task_size ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint task_sizes_needed_tokens_check check (needed_tokens > 0),
  constraint task_sizes_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.task_sizes is 'Sizes of tasks and the context each takes.';
comment on column fleet.task_sizes.task_size is 'What the size is called.';
comment on column fleet.task_sizes.needed_tokens is 'Context that a task of this size takes, in tokens.';
comment on column fleet.task_sizes.description is 'What such a task is.';

insert into fleet.task_sizes (task_size, needed_tokens, description) values
  ('tiny', 2000, 'An answer, a rename, a look at one file.'),
  ('small', 10000, 'A fix in one place, with its test.'),
  ('medium', 30000, 'A feature across a few files.'),
  ('large', 80000, 'A refactoring, or research across a code base.');

-- What a context window's fill means: zones from low to high. '*' holds for every project; a project with rows of its own
-- uses only those, so that it can have other bounds, or other zones altogether.

create table fleet.context_zones (
  project          text     not null,
  zone             text     not null,
  from_usage       numeric  not null,
  severity         text     not null,
  largest_task     text,
  wants_prompt     boolean  not null,
  wants_handoff    boolean  not null,
  advice           text     not null,

  constraint context_zones_pkey primary key (project, zone),
  constraint context_zones_project_from_usage_key unique (project, from_usage),
  constraint context_zones_largest_task_fkey foreign key (largest_task)
    references fleet.task_sizes (task_size) on update restrict on delete restrict,
  constraint context_zones_project_check check (length(project) between 1 and 200),
  constraint context_zones_zone_check check (zone ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint context_zones_from_usage_check check (from_usage between 0 and 1),
  constraint context_zones_severity_check check (severity in ('ok', 'warning', 'critical')),
  constraint context_zones_advice_check check (length(advice) between 1 and 1000)
);

comment on table fleet.context_zones is
  'Zones of context use, by project. A reading is in the highest zone whose from_usage it has reached; below the lowest it is in the lowest.';
comment on column fleet.context_zones.project is 'The project it is for; * for any that has no rows of its own.';
comment on column fleet.context_zones.zone is 'What the zone is called.';
comment on column fleet.context_zones.from_usage is 'Context use from which it holds, 0 to 1.';
comment on column fleet.context_zones.severity is 'What a health check says of a session in it: ok, warning, critical.';
comment on column fleet.context_zones.largest_task is 'The largest size of task to begin in it; null: none at all.';
comment on column fleet.context_zones.wants_prompt is 'Whether the session should be told.';
comment on column fleet.context_zones.wants_handoff is 'Whether the session should hand its work over now.';
comment on column fleet.context_zones.advice is 'What to do, in words.';

insert into fleet.context_zones (project, zone, from_usage, severity, largest_task, wants_prompt, wants_handoff, advice) values
  ('*', 'normal', 0, 'ok', 'large', false, false, 'Any task fits.'),
  ('*', 'noted', 0.30, 'ok', 'medium', false, false, 'Nothing to do yet; keep an eye on it.'),
  ('*', 'filling', 0.50, 'ok', 'small', false, false, 'Begin small tasks only.'),
  ('*', 'warning', 0.70, 'warning', 'tiny', true, false, 'Begin tiny tasks only, and prepare the handoff.'),
  ('*', 'critical', 0.85, 'critical', null, true, true, 'Hand off now.');

-- Every context reading of every session: how use grew, where a compaction dropped it. Written by update_session_context,
-- split by day. Two readings of one instant are one sample, the later told.

create table fleet.context_samples (
  project        text         not null,
  sampled_at     timestamptz  not null,
  ps_session_id  bigint       not null,
  context_usage  numeric      not null,
  tokens_used    bigint       not null,
  tokens_total   bigint       not null,

  constraint context_samples_pkey primary key (project, sampled_at, ps_session_id),
  constraint context_samples_project_check check (length(project) between 1 and 200),
  constraint context_samples_sampled_at_check check (isfinite(sampled_at)),
  constraint context_samples_context_usage_check check (context_usage between 0 and 1),
  constraint context_samples_tokens_check check (tokens_used between 0 and tokens_total and tokens_total > 0)
) partition by range (sampled_at);

create table fleet.context_samples_overflow (
  like fleet.context_samples including defaults including constraints including comments,

  constraint context_samples_overflow_pkey primary key (project, sampled_at, ps_session_id)
);

comment on table fleet.context_samples is 'Context readings of sessions over time, split by day of sampled_at.';
comment on column fleet.context_samples.project is 'The project.';
comment on column fleet.context_samples.sampled_at is 'When the reading was taken.';
comment on column fleet.context_samples.ps_session_id is 'Id of the session that was read (ps_sessions, session_history).';
comment on column fleet.context_samples.context_usage is 'How full the context window was, 0 to 1.';
comment on column fleet.context_samples.tokens_used is 'Tokens in the context window.';
comment on column fleet.context_samples.tokens_total is 'Size of the context window in tokens.';
comment on table fleet.context_samples_overflow is 'Rows of context_samples for whose sampled_at no partition existed. Empty when all is well.';

insert into fleet.partition_policies (table_name, control_column, width, lead) values
  ('context_samples', 'sampled_at', 'day', interval '7 days');

insert into fleet.retention_rules (table_name, keep_for, action, description) values
  ('context_samples', interval '30 days', 'drop_partition', 'From sampled_at, by purge_partition.');

insert into fleet.time_limits (name, duration, description) values
  ('context_check_interval', interval '10 minutes', 'A live session whose context was not read for this long needs a context check.'),
  ('session_silence', interval '1 hour', 'A live session without a sign of life for this long is reported by check type context.');

update fleet.check_types set evaluator = 'evaluate_context',
  description = 'How full a session''s context window is, and whether a live session still gives signs of life.'
where check_type = 'context';

-- migrate:down

update fleet.check_types set evaluator = null, description = 'How full a session''s context window is.'
where check_type = 'context';
delete from fleet.time_limits where name in ('context_check_interval', 'session_silence');
delete from fleet.retention_rules where table_name = 'context_samples';
delete from fleet.partition_policies where table_name = 'context_samples';
drop table fleet.context_samples_overflow;
drop table fleet.context_samples;
drop table fleet.context_zones;
drop table fleet.task_sizes;
