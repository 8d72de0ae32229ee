begin;

\ir ../../support/helpers.psql

select plan(17);

-- contract
select has_function(
  'fleet_internal', 'require_context_zone', array['text'],
  'require_context_zone takes its arguments in this order');
select function_returns('fleet_internal', 'require_context_zone', array['text'], 'boolean', 'it returns boolean');
select volatility_is(
  'fleet_internal', 'require_context_zone', array['text'], 'stable',
  'it only reads');
select isnt_definer('fleet_internal', 'require_context_zone', array['text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_context_zone(text)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

insert into fleet.context_zones values ('own', 'red', 0.9, 'critical', null, true, true, 'Stop.');

-- behaviour
select ok(fleet_internal.require_context_zone(z), z || ' is a zone')
from (values ('normal'), ('critical'), ('red')) as t (z);

-- errors
select throws_ok(format('select fleet_internal.require_context_zone(%L)', z), 'MF004', null, coalesce(quote_literal(z), 'null') || ' is none')
from (values (''), ('Critical'), ('critcal'), ('critical '), (null), (repeat('x', 100000))) as t (z);
select alike(
  pg_temp.complaint($$select fleet_internal.require_context_zone('critcal')$$), '%critcal%normal, noted, filling, warning, critical, red%',
  'the complaint lists the zones there are, from low to high');
delete from fleet.context_zones;
select throws_ok($$select fleet_internal.require_context_zone('critical')$$, 'MF004', null, 'where all zones were deleted, none is known');
select alike(pg_temp.complaint($$select fleet_internal.require_context_zone('critical')$$), '%Known ones: none.%', 'and that is said');

select * from finish();

rollback;
