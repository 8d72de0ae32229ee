begin;

\ir ../../support/helpers.psql

select plan(19);

-- contract
select has_function(
  'fleet_internal', 'require_instant', array['text', 'timestamp with time zone'],
  'require_instant takes its arguments in this order');
select function_returns(
  'fleet_internal', 'require_instant', array['text', 'timestamp with time zone'], 'timestamp with time zone',
  'it returns timestamp with time zone');
select volatility_is(
  'fleet_internal', 'require_instant', array['text', 'timestamp with time zone'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_instant', array['text', 'timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_instant(text,timestamp with time zone)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

-- behaviour
select is(fleet_internal.require_instant('p_at', at), at, label)
from (values
  (timestamptz '2001-02-03 04:05:06.789+00', 'an instant of the past comes back unchanged'),
  (timestamptz '2999-12-31 23:59+00', 'an instant of the future comes back unchanged'),
  (timestamptz '2000-01-01 00:00+00', 'the first instant of 2000 is accepted'),
  (timestamptz '9999-12-31 00:00+00', 'the last day of 9999 is accepted')
) as t (at, label);

-- edges
set local timezone = 'Pacific/Kiritimati';
select is(
  fleet_internal.require_instant('p_at', '2000-01-01 00:00+00'), timestamptz '2000-01-01 00:00+00',
  'the bounds do not move with the session''s time zone');
select throws_ok(
  $$select fleet_internal.require_instant('p_at', '1999-12-31 23:59:59+00')$$, 'MF003', null,
  'nor the other way round');
reset timezone;

-- errors
select throws_ok(format('select fleet_internal.require_instant(%L, %L)', 'p_at', at), 'MF003', null, label)
from (values
  (null, 'null is refused'),
  ('infinity', 'infinity is refused'),
  ('-infinity', '-infinity is refused'),
  ('1999-12-31 23:59:59.999999+00', 'the last microsecond of 1999 is refused'),
  ('9999-12-31 00:00:00.000001+00', 'a microsecond past the bound is refused'),
  ('0001-01-01 BC', 'an instant before Christ is refused'),
  ('294276-12-31', 'the last day that PostgreSQL knows is refused')
) as t (at, label);
select throws_like($$select fleet_internal.require_instant('p_since', null)$$, '%p_since%', 'the message names the argument');

select * from finish();

rollback;
