begin;

\ir ../../support/helpers.psql

select plan(65);

\set sound '{"id": -1, "project": "p", "check_time": "2001-02-03 04:00:00+00", "check_type": "spawn", "status": "ok", "details": {}, "created_at": "2001-02-03 04:00:00+00", "retry_key": "00000000-0000-0000-0000-000000000001"}'

-- contract
select has_table('fleet', 'health_checks', 'the table is there');
select columns_are(
  'fleet', 'health_checks',
  array['id', 'project', 'check_time', 'check_type', 'status', 'details', 'action_taken', 'ps_response', 'created_at', 'retry_key'],
  'it has these columns, those of the requirements among them');
select col_is_pk(
  'fleet', 'health_checks', array['project', 'check_time', 'id'],
  'project, time and id are its key, the index under the sources'' name');
select indexes_are(
  'fleet', 'health_checks', array['health_checks_project_check_time_retry_key_key', 'idx_health_checks_check_time',
  'idx_health_checks_check_type', 'idx_health_checks_project', 'idx_health_checks_project_status', 'idx_health_checks_status'],
  'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.health_checks'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
select is(pg_temp.refusal_of('health_checks', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('health_checks', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'health_checks_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'health_checks_project_check', 'an empty project is refused'),
  (jsonb '{"project": "*"}', 'accepted', '* stands for the whole fleet'),
  (jsonb '{"status": "warning"}', 'accepted', 'warning is a status'),
  (jsonb '{"status": "critical"}', 'accepted', 'critical is a status'),
  (jsonb '{"status": "unknown"}', 'health_checks_status_check', 'unknown is none'),
  (jsonb '{"status": "OK"}', 'health_checks_status_check', 'nor another case'),
  (jsonb '{"status": ""}', 'health_checks_status_check', 'nor nothing'),
  (jsonb_build_object('details', jsonb '[]'), 'health_checks_details_check', 'details are an object, no list'),
  (jsonb_build_object('details', jsonb '"x"'), 'health_checks_details_check', 'no text'),
  (jsonb_build_object('details', jsonb_build_object('a', repeat('x', 65000))), 'accepted', 'details under 64 kB are accepted'),
  (jsonb_build_object('details', jsonb_build_object('a', repeat('x', 66000))), 'health_checks_details_check', 'larger ones are refused'),
  (jsonb_build_object('action_taken', repeat('x', 10000)), 'accepted', 'action_taken of 10000 characters is accepted'),
  (jsonb_build_object('action_taken', repeat('x', 10001)), 'health_checks_action_taken_check', 'one of 10001 is refused'),
  (jsonb_build_object('ps_response', repeat('x', 10000)), 'accepted', 'ps_response of 10000 characters is accepted'),
  (jsonb_build_object('ps_response', repeat('x', 10001)), 'health_checks_ps_response_check', 'one of 10001 is refused')
) as t (change, expected, label);

-- edges: the overflow table refuses the same
select is(pg_temp.refusal_of('health_checks_overflow', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'health_checks_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'health_checks_project_check', 'an empty project is refused'),
  (jsonb '{"project": "*"}', 'accepted', '* stands for the whole fleet'),
  (jsonb '{"status": "warning"}', 'accepted', 'warning is a status'),
  (jsonb '{"status": "critical"}', 'accepted', 'critical is a status'),
  (jsonb '{"status": "unknown"}', 'health_checks_status_check', 'unknown is none'),
  (jsonb '{"status": "OK"}', 'health_checks_status_check', 'nor another case'),
  (jsonb '{"status": ""}', 'health_checks_status_check', 'nor nothing'),
  (jsonb_build_object('details', jsonb '[]'), 'health_checks_details_check', 'details are an object, no list'),
  (jsonb_build_object('details', jsonb '"x"'), 'health_checks_details_check', 'no text'),
  (jsonb_build_object('details', jsonb_build_object('a', repeat('x', 65000))), 'accepted', 'details under 64 kB are accepted'),
  (jsonb_build_object('details', jsonb_build_object('a', repeat('x', 66000))), 'health_checks_details_check', 'larger ones are refused'),
  (jsonb_build_object('action_taken', repeat('x', 10000)), 'accepted', 'action_taken of 10000 characters is accepted'),
  (jsonb_build_object('action_taken', repeat('x', 10001)), 'health_checks_action_taken_check', 'one of 10001 is refused'),
  (jsonb_build_object('ps_response', repeat('x', 10000)), 'accepted', 'ps_response of 10000 characters is accepted'),
  (jsonb_build_object('ps_response', repeat('x', 10001)), 'health_checks_ps_response_check', 'one of 10001 is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('health_checks', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['id', 'project', 'check_type', 'status', 'details', 'created_at', 'retry_key']
) as u (c);

select is(
  pg_temp.refusal_of('health_checks_overflow', :'sound', jsonb_build_object(c, null)), '23502 ' || c,
    c || ' must be given in the overflow too')
from unnest(
  array['id', 'project', 'check_time', 'check_type', 'status', 'details', 'created_at', 'retry_key']
) as u (c);

-- behaviour
select is(
  pg_temp.refusal_of('health_checks', :'sound', '{"check_time": "2001-03-01 00:00:00+00"}'), '23514',
    'a row without a partition is refused by the table');
select is(
  pg_temp.refusal_of('health_checks_overflow', :'sound', '{"check_time": "2001-03-01 00:00:00+00"}'), 'accepted',
    'and taken by the overflow');
select columns_are(
  'fleet', 'health_checks_overflow',
  array['id', 'project', 'check_time', 'check_type', 'status', 'details', 'action_taken', 'ps_response', 'created_at', 'retry_key'],
  'the overflow has the same columns');
select is(
  pg_temp.grants('fleet.health_checks_overflow'), array['fleet_reader SELECT'],
  'readers may select from the overflow, nobody else');
select is(
  (select count(*) from pg_partitioned_table as p where p.partrelid = 'fleet.health_checks'::regclass and p.partdefid <> 0), 0::bigint,
  'trap 16: there is no default partition');
select is(
  pg_temp.refusal_of('health_checks', :'sound', '{"check_type": "spam"}'), 'health_checks_check_type_fkey',
    'an unknown check type is refused');
select is(
  pg_temp.refusal_of('health_checks_overflow', :'sound', jsonb_build_object('check_time', at)), 'health_checks_check_time_check',
  label)
from (values ('infinity', 'check_time cannot be infinity'), ('-infinity', 'check_time cannot be -infinity')) as t (at, label);
insert into fleet.health_checks (project, check_time, check_type, status) values ('p', '2001-02-03 04:00+00', 'spawn', 'ok');
select results_eq(
  'select details, created_at, action_taken from fleet.health_checks', $$values (jsonb '{}', now(), null::text)$$,
  'details are empty where none are given');
select ok(
  (select retry_key is not null from fleet.health_checks), 'a row written past the function has a key of its own');

select * from finish();

rollback;
