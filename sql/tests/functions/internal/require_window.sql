begin;

\ir ../../support/helpers.psql

select plan(16);

-- contract
select has_function(
  'fleet_internal', 'require_window', array['text', 'interval'],
  'require_window takes its arguments in this order');
select function_returns('fleet_internal', 'require_window', array['text', 'interval'], 'boolean', 'it returns boolean');
select volatility_is(
  'fleet_internal', 'require_window', array['text', 'interval'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_window', array['text', 'interval'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_window(text,interval)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

-- behaviour
select ok(fleet_internal.require_window('p', v), v || ' is accepted')
from (values (interval '1 microsecond'), ('2 hours'), ('10 years'), ('1 day -1 hour')) as t (v);

-- errors
select throws_ok(format('select fleet_internal.require_window(%L, %L)', 'p', v), 'MF003', null, coalesce(v, 'null') || ' is refused')
from (values (null), ('0'), ('-1 microsecond'), ('10 years 1 microsecond'), ('178000000 years'), ('1 hour -1 day')) as t (v);
select alike(
  pg_temp.complaint($$select fleet_internal.require_window('p_window', '-1 hour')$$), '%p_window%-01:00:00%',
  'the complaint names the argument and its value');

select * from finish();

rollback;
