begin;

\ir ../../support/helpers.psql

select plan(13);

-- contract
select has_function(
  'fleet_internal', 'insert_spawn_usage', array['text', 'text', 'uuid', 'timestamp with time zone', 'bigint', 'bigint', 'numeric'],
  'insert_spawn_usage takes its arguments in this order');
select function_returns('fleet_internal', 'insert_spawn_usage', 'boolean', 'it returns boolean');
select volatility_is('fleet_internal', 'insert_spawn_usage', 'volatile', 'it writes');
select is(
  pg_temp.callers('fleet_internal.insert_spawn_usage(text,text,uuid,timestamptz,bigint,bigint,numeric)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.spawn_usages_a partition of fleet.spawn_usages for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
\set e '''00000000-0000-0000-0000-000000000001'''

-- behaviour
select is(fleet_internal.insert_spawn_usage('p', 't', :e, '2001-02-03 04:00+00', 7, 10, 0.5), true, 'an event is new once');
select is(fleet_internal.insert_spawn_usage('p', 't', :e, '2001-02-03 04:00+00', 7, 10, 0.5), false, 'and then known');
select is(fleet_internal.insert_spawn_usage('p', 't', :e, '2001-03-01 00:00+00', 7, 10, 0.5), true, 'one for whose month no partition exists too');
select is(fleet_internal.insert_spawn_usage('p', 't', :e, '2001-03-01 00:00+00', 7, 10, 0.5), false, 'is known the second time');
select results_eq(
  'select * from fleet.spawn_usages', format($$values ('p', 't', %L::uuid, timestamptz '2001-02-03 04:00+00', 7::bigint, 10::bigint, 0.5)$$, :e),
  'it is stored whole, in its partition');
select results_eq(
  'select * from fleet.spawn_usages_overflow',
  format($$values ('p', 't', %L::uuid, timestamptz '2001-03-01 00:00+00', 7::bigint, 10::bigint, 0.5)$$, :e), 'or in the overflow');
select is(fleet_internal.insert_spawn_usage('p', 'u', :e, '2001-02-03 04:00+00', 7, 10, 0.5), true, 'another task''s event is another one');

-- errors
select is(
  pg_temp.refusal(format($$select fleet_internal.insert_spawn_usage('p', 't', %L, %L, 7, -1, 0)$$, :e, at)), 'spawn_usages_tokens_used_check',
  'a value that the table refuses is refused by the overflow too: ' || at)
from unnest(array['2001-02-04 04:00+00', '2001-03-04 04:00+00']) as u (at);

select * from finish();

rollback;
