-- What a checker on a host has to look at: the output files of open spawns of this host, and of those that name no host,
-- each with the pattern and size that stall_rules gives it. Reads open rows only.
create or replace function fleet.list_output_files(
  p_host  text
)
returns table (
  project             text,
  task_id             text,
  output_file         text,
  error_pattern       text,
  max_output_bytes    bigint,
  last_output_change  timestamptz,
  status              text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select a.project, a.task_id, a.output_file, r.error_pattern, r.max_output_bytes, a.last_output_change, a.status
  from fleet.active_spawns as a
  cross join lateral fleet.get_stall_rule(a.project, a.task_type) as r
  where a.status in ('running', 'stalled')
    and a.output_file is not null
    and (a.host is null or p_host is null or a.host = p_host)
  order by a.project, a.task_id;
end;

revoke all on function fleet.list_output_files(text) from public;
grant execute on function fleet.list_output_files(text) to fleet_reader;

comment on function fleet.list_output_files(text) is
  'The output files of open spawns that a checker on this host should look at.

p_host: the host; null for all hosts.
Returns project, task_id, output_file, error_pattern (lines that match are errors), max_output_bytes (report larger
files), last_output_change (as known), status.
Example: select * from fleet.list_output_files(''build-1'');';
