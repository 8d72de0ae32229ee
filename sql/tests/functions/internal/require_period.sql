begin;

\ir ../../support/helpers.psql

select plan(12);

-- contract
select has_function(
  'fleet_internal', 'require_period', array['timestamp with time zone', 'timestamp with time zone'],
  'require_period takes its arguments in this order');
select function_returns(
  'fleet_internal', 'require_period', array['timestamp with time zone', 'timestamp with time zone'], 'boolean', 'it returns boolean');
select volatility_is('fleet_internal', 'require_period', 'immutable', 'it depends on its arguments alone');
select is(pg_temp.callers('fleet_internal.require_period(timestamptz,timestamptz)'), array['fleet_reader'], 'readers call it, in their queries');

-- behaviour
select is(fleet_internal.require_period(from_at, to_at), true, label)
from (values
  (timestamptz '2001-02-03 04:00+00', timestamptz '2001-02-03 04:00:00.000001+00', 'a microsecond is a period'),
  (null, '2001-02-03 04:00+00', 'the beginning may be open'),
  ('2001-02-03 04:00+00', null, 'the end may be open'),
  (null, null, 'both may'),
  ('-infinity', 'infinity', 'as infinity says as well')
) as t (from_at, to_at, label);

-- errors
select throws_ok(format('select fleet_internal.require_period(%L, %L)', from_at, to_at), 'MF003', null, label)
from (values
  ('2001-02-03 04:00+00', '2001-02-03 04:00+00', 'no length is refused'),
  ('2001-02-03 04:00:00.000001+00', '2001-02-03 04:00+00', 'an end before the beginning is refused'),
  ('infinity', '2001-02-03 04:00+00', 'an infinite beginning is behind every end')
) as t (from_at, to_at, label);

select * from finish();

rollback;
