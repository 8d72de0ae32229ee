-- All sessions a project ever had, live and past: for events that are told late, after another session took its place.
create or replace function fleet_internal.list_sessions(
  p_project  text
)
returns table (
  id          bigint,
  session_id  text,
  started_at  timestamptz,
  ended_at    timestamptz,
  end_reason  text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select s.id, s.session_id, s.started_at, s.ended_at, s.end_reason from fleet.ps_sessions as s where s.project = p_project
  union all
  select h.id, h.session_id, h.started_at, h.ended_at, h.end_reason from fleet.session_history as h where h.project = p_project
  union all
  select o.id, o.session_id, o.started_at, o.ended_at, o.end_reason from fleet.session_history_overflow as o where o.project = p_project;
end;

revoke all on function fleet_internal.list_sessions(text) from public;

comment on function fleet_internal.list_sessions(text) is
  'The sessions of a project, live and past: id, session_id, started_at, ended_at and end_reason (null while it lives).';
