-- Move a project's session row to session_history, ending it first where it is not ended. The caller holds its lock.
create or replace function fleet_internal.archive_session(
  p_project     text,
  p_ended_at    timestamptz,
  p_end_reason  text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_row  fleet.session_history;
begin
  with gone as (
    delete from fleet.ps_sessions as s where s.project = p_project returning s.*
  )
  select
    g.id, g.project, g.session_type, g.session_id, g.started_at, g.last_activity, g.last_context_check, g.context_usage,
    g.estimated_tokens_used, g.estimated_tokens_total, g.created_at, g.updated_at, g.handoff_file_path, g.host,
    g.tmux_socket, g.tmux_pane, g.model, g.state, g.state_changed_at, g.state_reported_at,
    coalesce(g.ended_at, greatest(p_ended_at, g.started_at)), coalesce(g.end_reason, p_end_reason), now()
  into strict v_row
  from gone as g;

  if exists (
    select from fleet_internal.list_partitions('session_history') as p
    where v_row.ended_at >= p.from_at and v_row.ended_at < p.to_at
  ) then
    insert into fleet.session_history values (v_row.*);
  else
    insert into fleet.session_history_overflow values (v_row.*);
  end if;
end
$$;

revoke all on function fleet_internal.archive_session(text, timestamptz, text) from public;

comment on function fleet_internal.archive_session(text, timestamptz, text) is
  'Move the session row of a project to session_history; one that still lives ends at p_ended_at for p_end_reason.';
