begin;

\ir ../../support/helpers.psql

select plan(10);

-- contract
select has_function(
  'fleet_internal', 'add_spawn_usage', array['text', 'text', 'bigint', 'bigint', 'numeric'], 'add_spawn_usage takes its arguments in this order');
select function_returns('fleet_internal', 'add_spawn_usage', 'void', 'it returns nothing');
select volatility_is('fleet_internal', 'add_spawn_usage', 'volatile', 'it writes');
select is(pg_temp.callers('fleet_internal.add_spawn_usage(text,text,bigint,bigint,numeric)'), '{}'::text[], 'nobody but its owner may call it');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.spawn_history (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'p', 't', '2001-02-01 00:00+00', 'failed', '2001-02-01 01:00+00', '2001-02-01 01:00+00', '2001-02-01 01:00+00', 1);
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-2, 'p', 't', '2001-03-01 00:00+00', 'failed', '2001-03-01 01:00+00', '2001-02-01 01:00+00', '2001-02-01 01:00+00', 2);
insert into fleet.active_spawns (id, project, task_id, spawn_time, attempt) overriding system value
values (-3, 'p', 't', '2001-04-01 00:00+00', 3), (-9, 'p', 'other', '2001-04-01 00:00+00', 1), (-1, 'q', 't', '2001-04-01 00:00+00', 1);
create temp view used as
select id, project, tokens_used, cost_usd from fleet.spawns where tokens_used <> 0;

-- behaviour
select lives_ok($$select fleet_internal.add_spawn_usage('p', 't', id, 10 * -id, 0.5) from unnest(array[-1, -2, -3]) as u (id)$$, 'it adds to each attempt');
select bag_eq('select * from used', $$values (-1::bigint, 'p', 10::bigint, 0.5), (-2, 'p', 20, 0.5), (-3, 'p', 30, 0.5)$$, 'wherever that stands, and to no other');
select lives_ok($$select fleet_internal.add_spawn_usage('p', 't', id, 1, 0.25) from unnest(array[-1, -2, -3]) as u (id)$$, 'again');
select bag_eq('select * from used', $$values (-1::bigint, 'p', 11::bigint, 0.75), (-2, 'p', 21, 0.75), (-3, 'p', 31, 0.75)$$, 'it adds to what was there');
select is(
  (select array_agg(updated_at) from (select updated_at from fleet.spawn_history union select updated_at from fleet.spawn_history_overflow) as u),
  array[now()], 'the rows know that they changed');
select fleet_internal.add_spawn_usage('p', 'gone', -7, 1, 1) as done \gset
select is((select sum(tokens_used) from used), 63::numeric, 'of what is not there nothing is counted');

select * from finish();

rollback;
