begin;

\ir ../../support/helpers.psql

select plan(25);

\set sound '{"name": "a_limit", "duration": "1 minute", "description": "d"}'

-- contract
select has_table('fleet', 'time_limits', 'the table is there');
select columns_are(
  'fleet', 'time_limits',
  array['name', 'duration', 'description'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'time_limits', array['name'], 'a limit has one row');
select indexes_are('fleet', 'time_limits', array['time_limits_pkey'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.time_limits'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('time_limits', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('time_limits', :'sound', change), expected, label)
from (values
  (jsonb '{"name": "a"}', 'accepted', 'one letter is a name'),
  (jsonb_build_object('name', 'a' || repeat('0', 62)), 'accepted', '63 characters are a name'),
  (jsonb_build_object('name', 'a' || repeat('0', 63)), 'time_limits_name_check', '64 are too many for PostgreSQL'),
  (jsonb '{"name": ""}', 'time_limits_name_check', 'an empty name is refused'),
  (jsonb '{"name": "1a"}', 'time_limits_name_check', 'a digit in front is refused'),
  (jsonb '{"name": "A"}', 'time_limits_name_check', 'a capital is refused'),
  (jsonb '{"name": "a-b"}', 'time_limits_name_check', 'a dash is refused'),
  (jsonb '{"name": "a\n"}', 'time_limits_name_check', 'a line feed behind is refused'),
  (jsonb '{"duration": "0"}', 'accepted', 'a limit of nothing is accepted'),
  (jsonb '{"duration": "-1 microseconds"}', 'time_limits_duration_check', 'a negative one is refused'),
  (jsonb '{"duration": "10 years"}', 'accepted', 'ten years are accepted'),
  (jsonb '{"duration": "10 years 1 microsecond"}', 'time_limits_duration_check', 'more are refused'),
  (jsonb_build_object('description', repeat('x', 1000)), 'accepted', 'description of 1000 characters is accepted'),
  (jsonb_build_object('description', repeat('x', 1001)), 'time_limits_description_check', 'one of 1001 is refused'),
  (jsonb '{"description": ""}', 'time_limits_description_check', 'an empty description is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('time_limits', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['name', 'duration', 'description']
) as u (c);

-- behaviour
select results_eq(
  'select name, duration from fleet.time_limits order by name',
  $$values
    ('clock_tolerance', interval '1 minute'),
    ('context_check_interval', interval '10 minutes'),
    ('handoff_deadline', interval '5 minutes'),
    ('handoff_spacing', interval '1 hour'),
    ('session_silence', interval '1 hour'),
    ('touch_interval', interval '1 second')$$, 'these limits ship');

select * from finish();

rollback;
