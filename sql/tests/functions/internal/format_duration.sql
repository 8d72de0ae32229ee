begin;

\ir ../../support/helpers.psql

select plan(26);

-- contract
select has_function('fleet_internal', 'format_duration', array['interval'], 'format_duration takes its arguments in this order');
select function_returns('fleet_internal', 'format_duration', array['interval'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'format_duration', array['interval'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'format_duration', array['interval'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.format_duration(interval)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

-- behaviour
select is(fleet_internal.format_duration(d::interval), expected, coalesce(d, 'null') || ' reads ' || expected)
from (values
  ('1 second', '1 s'),
  ('59.9 seconds', '59 s'),
  ('1 minute', '1 min'),
  ('2 minutes 5 seconds', '2 min 5 s'),
  ('15 minutes', '15 min'),
  ('59 minutes 59 seconds', '59 min'),
  ('1 hour', '1 h'),
  ('2 hours 5 minutes', '2 h 5 min'),
  ('1 hour 59 seconds', '1 h'),
  ('23 hours 59 minutes 59 seconds', '23 h 59 min'),
  ('1 day', '1 d'),
  ('24 hours', '1 d'),
  ('1 day 3 hours 20 minutes', '1 d 3 h'),
  ('30 days 59 minutes', '30 d'),
  ('100 years', '36525 d')
) as t (d, expected);

-- edges
select is(fleet_internal.format_duration(null), null, 'no duration has no words');
select is(fleet_internal.format_duration('0'), 'under 1 s', 'nothing is under a second');
select is(fleet_internal.format_duration('0.999999 seconds'), 'under 1 s', 'less than a second is under a second');
select is(fleet_internal.format_duration('-1 hour'), 'under 1 s', 'a span that runs backwards reads as none');
select lives_ok(
  $$select fleet_internal.format_duration('178000000 years'::interval)$$, 'the longest span there is has words');
set local intervalstyle = 'iso_8601';
select is(fleet_internal.format_duration('02:05:00'), '2 h 5 min', 'the session''s interval style does not matter');

select * from finish();

rollback;
