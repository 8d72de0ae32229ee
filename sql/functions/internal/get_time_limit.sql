-- A limit of time_limits, or the built-in one where somebody deleted the row: a missing row must not silence a rule.
create or replace function fleet_internal.get_time_limit(
  p_name      text,
  p_built_in  interval
)
returns interval
language sql
stable
parallel safe
security invoker
begin atomic
  select coalesce((select t.duration from fleet.time_limits as t where t.name = p_name), p_built_in);
end;

revoke all on function fleet_internal.get_time_limit(text, interval) from public;
grant execute on function fleet_internal.get_time_limit(text, interval) to fleet_reader;

comment on function fleet_internal.get_time_limit(text, interval) is
  'The duration of a row of time_limits, or p_built_in where there is no such row.';
