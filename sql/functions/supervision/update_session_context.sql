-- A context reading of a project's live session: the sample is kept, and the session's row shows the newest. A late
-- reading becomes a sample and changes nothing else. 0.7 is 0.7 %: a percentage that contradicts the tokens is refused
-- rather than guessed at. Safe to retry. Locks the session's row; touches no indexed column of it (HOT).
create or replace function fleet.update_session_context(
  p_project             text,
  p_context_percentage  numeric,
  p_tokens_used         bigint,
  p_tokens_total        bigint       default null,
  p_at                  timestamptz  default now()
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at       timestamptz;
  v_session  record;
  v_total    bigint;
  v_used     bigint;
  v_usage    numeric := round(p_context_percentage / 100, 6);
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_context_reading(p_context_percentage, p_tokens_used, p_tokens_total);
  v_at := fleet_internal.believe_instant(p_project, 'update_session_context', p_at);

  select s.id, s.started_at, s.estimated_tokens_total into v_session
  from fleet.ps_sessions as s
  where s.project = p_project and s.ended_at is null
  for update;
  if not found then
    perform fleet_internal.raise_no_live_session(p_project);
  end if;
  v_total := coalesce(p_tokens_total, v_session.estimated_tokens_total, 200000);
  -- a size that was only assumed may turn out too small for what is reported: then this reading is what is known
  perform fleet_internal.require_context_reading(p_context_percentage, p_tokens_used, v_total);
  v_used := coalesce(p_tokens_used, round(p_context_percentage / 100 * v_total));

  perform fleet_internal.insert_context_sample(
    p_project, v_session.id, v_usage, v_used, v_total, v_at);
  update fleet.ps_sessions as s
  set context_usage = v_usage,
    estimated_tokens_used = v_used,
    estimated_tokens_total = v_total,
    last_context_check = v_at,
    last_activity = greatest(s.last_activity, v_at),
    updated_at = now()
  where s.project = p_project and (s.last_context_check is null or s.last_context_check <= v_at);
end
$$;

revoke all on function fleet.update_session_context(text, numeric, bigint, bigint, timestamptz) from public;
grant execute on function fleet.update_session_context(text, numeric, bigint, bigint, timestamptz) to fleet_writer;

comment on function fleet.update_session_context(text, numeric, bigint, bigint, timestamptz) is
  'Record how full the context window of a project''s live session is.

p_project: the project. p_context_percentage: per cent of the window, 0 to 100 (31.6, not 0.316).
p_tokens_used: tokens in it; null: reckoned from the percentage. p_tokens_total: its size in tokens; null: as last
reported (200,000 where nothing was). p_at: when it was read.
Errors: MF001 unknown project; MF003 a value out of range, used above total, or percentage and tokens more than a point
apart; MF005 the session has ended, or there is none.
Example: select fleet.update_session_context(''consilio'', 31.6, 63153, 200000);';
