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
