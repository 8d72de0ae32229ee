begin;

\ir ../../support/helpers.psql

select plan(6);

-- contract
select is(pg_temp.callers('fleet_internal.get_shortest_stall()'), array['fleet_reader']::text[], 'a reader may call it: get_stalled_spawns does');
select volatility_is('fleet_internal', 'get_shortest_stall', array[]::text[], 'stable', 'it reads only');

-- behaviour
select is(fleet_internal.get_shortest_stall(), interval '15 minutes', 'as shipped it is that of the one rule');
select fleet.change_stall_rule('quick', p_stalled_after => '2 seconds') as done \gset
select is(fleet_internal.get_shortest_stall(), interval '2 seconds', 'a shorter rule of one project counts');

-- edges
delete from fleet.stall_rules;
select is(fleet_internal.get_shortest_stall(), interval '15 minutes', 'without any rule it is the built-in one');
insert into fleet.stall_rules values ('*', '*', interval '2 days', interval '3 days', 'x', 1);
select is(fleet_internal.get_shortest_stall(), interval '15 minutes',
  'longer rules alone do not lengthen it: a deleted default may leave a spawn to the built-in one');

select * from finish();
rollback;
