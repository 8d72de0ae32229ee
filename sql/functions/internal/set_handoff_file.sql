-- The name of its handoff document on a session's row, wherever that row is by now. The caller holds the lock of the
-- project's live row, so the session cannot move meanwhile.
create or replace function fleet_internal.set_handoff_file(
  p_project            text,
  p_ps_session_id      bigint,
  p_handoff_file_path  text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
as $$
begin
  update fleet.ps_sessions as s
  set handoff_file_path = p_handoff_file_path, updated_at = now()
  where s.project = p_project and s.id = p_ps_session_id;
  if found then
    return;
  end if;
  update fleet.session_history as h
  set handoff_file_path = p_handoff_file_path, updated_at = now()
  where h.project = p_project and h.id = p_ps_session_id;
  if found then
    return;
  end if;
  update fleet.session_history_overflow as o
  set handoff_file_path = p_handoff_file_path, updated_at = now()
  where o.project = p_project and o.id = p_ps_session_id;
end
$$;

revoke all on function fleet_internal.set_handoff_file(text, bigint, text) from public;

comment on function fleet_internal.set_handoff_file(text, bigint, text) is
  'Put the name of the handoff document on the row of a session, live or past.';
