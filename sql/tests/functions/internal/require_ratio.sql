begin;

\ir ../../support/helpers.psql

select plan(20);

-- contract
select has_function(
  'fleet_internal', 'require_ratio', array['text', 'numeric'],
  'require_ratio takes its arguments in this order');
select function_returns('fleet_internal', 'require_ratio', array['text', 'numeric'], 'boolean', 'it returns boolean');
select volatility_is(
  'fleet_internal', 'require_ratio', array['text', 'numeric'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_ratio', array['text', 'numeric'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_ratio(text,numeric)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

-- behaviour
select ok(fleet_internal.require_ratio('p', v), coalesce(v::text, 'null, that is not given,') || ' is accepted')
from (values (0), (1), (0.5), (0.007), (null::numeric), (0.000000000000000000001)) as t (v);

-- errors
select throws_ok(format('select fleet_internal.require_ratio(%L, %L)', 'p', v), 'MF003', null, v || ' is refused')
from (values ('-0.000001'), ('1.000001'), ('70'), ('101'), ('NaN'), ('Infinity'), ('-Infinity')) as t (v);
select alike(
  pg_temp.complaint($$select fleet_internal.require_ratio('p_context_usage', 70)$$), '%p_context_usage%70%0.7%',
  'the complaint names the argument, its value and what was meant');
select alike(pg_temp.complaint($$select fleet_internal.require_ratio('50%s', 70)$$), '%50\%s%', 'a percent sign in a name does no harm');

select * from finish();

rollback;
