-- Open spawns that have been silent for as long as their stall rule allows, running or already marked. One that never
-- wrote counts from its spawn time, so a spawn of a second ago is not stalled. Reads open rows only, through partial
-- index idx_active_spawns_project; a row with an impossible time cannot fail the query. The first five columns are the
-- source's.
create or replace function fleet.get_stalled_spawns(
  p_project  text         default null,
  p_at       timestamptz  default now()
)
returns table (
  id               bigint,
  task_id          text,
  task_type        text,
  spawn_time       timestamptz,
  minutes_stalled  numeric,
  project          text,
  status           text,
  silent_since     timestamptz,
  has_written      boolean,
  is_escalated     boolean,
  output_file      text,
  host             text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    a.id,
    a.task_id,
    a.task_type,
    a.spawn_time,
    case when isfinite(s.silent_since) then round(extract(epoch from p_at - s.silent_since) / 60, 2) end as minutes_stalled,
    a.project,
    a.status,
    s.silent_since,
    a.last_output_change is not null as has_written,
    s.silent_since <= p_at - r.escalate_after as is_escalated,
    a.output_file,
    a.host
  from fleet.active_spawns as a
  cross join lateral (select greatest(a.last_output_change, a.spawn_time)) as s (silent_since)
  cross join lateral fleet.get_stall_rule(a.project, a.task_type) as r
  where a.status in ('running', 'stalled')
    and (p_project is null or a.project = p_project)
    and greatest(a.last_output_change, a.spawn_time) <= p_at - (select fleet_internal.get_shortest_stall())
    and s.silent_since <= p_at - r.stalled_after
    and fleet_internal.require_known_project(p_project)
    and fleet_internal.require_instant('p_at', p_at) is not null
  order by s.silent_since, a.project, a.task_id;
end;

revoke all on function fleet.get_stalled_spawns(text, timestamptz) from public;
grant execute on function fleet.get_stalled_spawns(text, timestamptz) to fleet_reader;

comment on function fleet.get_stalled_spawns(text, timestamptz) is
  'The open spawns of a project that have been silent for too long, the longest silent first.

p_project: the project, null for all. p_at: as of when (default now), past or future.
Returns id, task_id, task_type, spawn_time, minutes_stalled (minutes of silence), then project, status (running or
stalled), silent_since (last output, or spawn time), has_written, is_escalated (past escalate_after), output_file, host.
Errors: MF001 unknown project; MF003 p_at is no usable instant.
Example: select * from fleet.get_stalled_spawns(''consilio'');';
