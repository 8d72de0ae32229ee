-- A context reading of a project's live session: the sample is kept, and the session's row shows the newest. A late
-- reading becomes a sample, of the session that lived then, and changes nothing else. 0.7 is 0.7 %: a percentage that
-- contradicts the tokens is refused rather than guessed at. The percentage comes as a float, as clients' drivers send it,
-- and is a numeric from here on. Safe to retry. Locks the session's row; touches no indexed column of it (HOT).
create or replace function fleet.update_session_context(
  p_project             text,
  p_context_percentage  double precision,
  p_tokens_used         bigint,
  p_tokens_total        bigint            default null,
  p_at                  timestamptz       default now()
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_percentage  numeric := p_context_percentage::numeric;
  v_usage       numeric := round(v_percentage / 100, 6);
  v_at          timestamptz;
  v_live        record;
  v_past        record;
  v_total       bigint;
  v_used        bigint;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_context_reading(v_percentage, p_tokens_used, p_tokens_total);
  v_at := fleet_internal.believe_instant(p_project, 'update_session_context', p_at);

  -- a session that another took the place of while its lock was waited for is gone: look again
  loop
    select s.id, s.started_at, s.estimated_tokens_total as tokens_total into v_live
    from fleet.ps_sessions as s
    where s.project = p_project and s.ended_at is null
    for update;
    exit when found or not exists (select from fleet.ps_sessions as s where s.project = p_project and s.ended_at is null);
  end loop;
  if v_live.id is null or v_at < v_live.started_at then
    select p.id, p.tokens_total into v_past from fleet_internal.find_past_session(p_project, v_at) as p;
    if v_live.id is null and v_past.id is null then
      perform fleet_internal.raise_no_live_session(p_project);
    end if;
  else
    select null::bigint as id, null::bigint as tokens_total into v_past;
  end if;

  v_total := coalesce(p_tokens_total, case when v_past.id is null then v_live.tokens_total else v_past.tokens_total end, 200000);
  perform fleet_internal.require_context_reading(v_percentage, p_tokens_used, v_total);
  v_used := coalesce(p_tokens_used, round(v_percentage / 100 * v_total));

  perform fleet_internal.insert_context_sample(
    p_project, coalesce(v_past.id, v_live.id), v_usage, v_used, v_total, v_at);
  update fleet.ps_sessions as s
  set context_usage = v_usage,
    estimated_tokens_used = v_used,
    estimated_tokens_total = v_total,
    last_context_check = v_at,
    last_activity = greatest(s.last_activity, v_at),
    updated_at = now()
  where s.project = p_project and v_past.id is null and (s.last_context_check is null or s.last_context_check <= v_at);
end
$$;

revoke all on function fleet.update_session_context(text, double precision, bigint, bigint, timestamptz) from public;
grant execute on function fleet.update_session_context(text, double precision, bigint, bigint, timestamptz) to fleet_writer;

comment on function fleet.update_session_context(text, double precision, bigint, bigint, timestamptz) is
  'Record how full the context window of a project''s live session is.

p_project: the project. p_context_percentage: per cent of the window, 0 to 100 (31.6, not 0.316).
p_tokens_used: tokens in it; null: reckoned from the percentage. p_tokens_total: its size in tokens; null: as last
reported (200,000 where nothing was). p_at: when it was read.
Errors: MF001 unknown project; MF003 a value out of range, used above total, or percentage and tokens more than a point
apart; MF005 the session has ended, or there is none.
Example: select fleet.update_session_context(''consilio'', 31.6, 63153, 200000);';
