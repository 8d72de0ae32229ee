-- Live sessions whose context was not read for a while (time_limits.context_check_interval) or never. A session that has
-- fallen silent stays in: the hung one is the one to look at. The columns are the source's, then what is needed to ask.
create or replace function fleet.get_sessions_needing_context_check(
  p_at  timestamptz default now()
)
returns table (
  project              text,
  session_type         text,
  session_id           text,
  minutes_since_check  numeric,
  current_usage        numeric,
  last_activity        timestamptz,
  host                 text,
  tmux_socket          text,
  tmux_pane            text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    s.project,
    s.session_type,
    s.session_id,
    case when isfinite(s.last_context_check) then round(extract(epoch from p_at - s.last_context_check) / 60, 2) end as minutes_since_check,
    s.context_usage as current_usage,
    s.last_activity,
    s.host,
    s.tmux_socket,
    s.tmux_pane
  from fleet.ps_sessions as s
  where s.ended_at is null
    and (s.started_at <= p_at or not isfinite(s.started_at))
    and (s.last_context_check is null or not isfinite(s.last_context_check)
      or s.last_context_check <= p_at - fleet_internal.get_time_limit('context_check_interval', interval '10 minutes'))
    and fleet_internal.require_instant('p_at', p_at) is not null
  order by s.last_context_check nulls first, s.project;
end;

revoke all on function fleet.get_sessions_needing_context_check(timestamptz) from public;
grant execute on function fleet.get_sessions_needing_context_check(timestamptz) to fleet_reader;

comment on function fleet.get_sessions_needing_context_check(timestamptz) is
  'Live sessions whose context use was not read for ten minutes (time_limits.context_check_interval), or never.

p_at: as of when.
Returns project, session_type, session_id, minutes_since_check (null: never), current_usage (0 to 1), last_activity, and
where to ask: host, tmux_socket, tmux_pane. Never read comes first, then the longest unread.
Errors: MF003 p_at is no usable instant.
Example: select * from fleet.get_sessions_needing_context_check();';
