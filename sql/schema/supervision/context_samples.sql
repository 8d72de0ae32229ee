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
