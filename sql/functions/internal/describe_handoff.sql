-- What the audit trail keeps of a handoff: one form for all who write or print it.
create or replace function fleet_internal.describe_handoff(
  p_handoff  fleet.session_handoffs
)
returns jsonb
language sql
stable
parallel safe
security invoker
begin atomic
  select jsonb_strip_nulls(jsonb_build_object(
    'handoff_id', (p_handoff).id,
    'ps_session_id', (p_handoff).ps_session_id,
    'session_id', (p_handoff).session_id,
    'state', (p_handoff).state,
    'context_usage', (p_handoff).context_usage,
    'asked_at', to_char((p_handoff).asked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'deadline_at', to_char((p_handoff).deadline_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'handoff_file_path', (p_handoff).handoff_file_path,
    'duration_seconds', (p_handoff).duration_seconds));
end;

revoke all on function fleet_internal.describe_handoff(fleet.session_handoffs) from public;

comment on function fleet_internal.describe_handoff(fleet.session_handoffs) is
  'A handoff as the details of a health check: session, usage at trigger, times in UTC, file, duration.';
