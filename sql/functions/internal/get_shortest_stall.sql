-- The shortest silence that any rule calls a stall: what has been silent for less is no stall, whatever its rule. Spares
-- queries over many open spawns the look-up of each one's rule.
create or replace function fleet_internal.get_shortest_stall()
returns interval
language sql
stable
parallel safe
security invoker
begin atomic
  -- least() ignores null: without rows the built-in limit of get_stall_rule holds
  select least(
    interval '15 minutes',
    (select make_interval(secs => extract(epoch from min(r.stalled_after))::double precision) from fleet.stall_rules as r));
end;

revoke all on function fleet_internal.get_shortest_stall() from public;
grant execute on function fleet_internal.get_shortest_stall() to fleet_reader;

comment on function fleet_internal.get_shortest_stall() is
  'The shortest stalled_after of all stall rules, the built-in one included.';
