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
