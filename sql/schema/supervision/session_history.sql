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
