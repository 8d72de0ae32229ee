begin;

\ir ../../support/helpers.psql

select plan(23);

-- contract
select has_function(
  'fleet_internal', 'insert_health_check', array['text', 'text', 'text', 'jsonb', 'text', 'timestamp with time zone'],
  'insert_health_check takes its arguments in this order');
select function_returns(
  'fleet_internal', 'insert_health_check', array['text', 'text', 'text', 'jsonb', 'text', 'timestamp with time zone'],
  'bigint', 'it returns bigint');
select volatility_is(
  'fleet_internal', 'insert_health_check', array['text', 'text', 'text', 'jsonb', 'text', 'timestamp with time zone'],
  'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'insert_health_check', array['text', 'text', 'text', 'jsonb', 'text', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.insert_health_check(text,text,text,jsonb,text,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-02-03 00:00+00') to ('2001-02-04 00:00+00');
create temporary table ids (name text, id bigint);

-- behaviour
insert into ids
values
  ('first', fleet_internal.insert_health_check('p', 'spawn', 'ok', '{"a": 1}', 'none', '2001-02-03 04:00+00')),
  ('repeat', fleet_internal.insert_health_check('p', 'spawn', 'ok', '{"a": 1}', 'none', '2001-02-03 04:00+00'));
select results_eq(
  'select id, project, check_type, status, details, action_taken, check_time, created_at from fleet.health_checks',
  $$select i.id, 'p', 'spawn', 'ok', jsonb '{"a": 1}', 'none', timestamptz '2001-02-03 04:00+00',
  now() from ids as i where i.name = 'first'$$,
  'the record is stored as it was given; its id is returned');
select is((select count(distinct i.id) from ids as i), 1::bigint, 'the same record for the same instant is stored once, with one id');
select isnt(
  fleet_internal.insert_health_check(project, type, status, details::jsonb, action, at::timestamptz),
  (select i.id from ids as i where i.name = 'first'), label)
from (values
  ('q', 'spawn', 'ok', '{"a": 1}', 'none', '2001-02-03 04:00+00', 'another project makes another record'),
  ('p', 'context', 'ok', '{"a": 1}', 'none', '2001-02-03 04:00+00', 'another type'),
  ('p', 'spawn', 'warning', '{"a": 1}', 'none', '2001-02-03 04:00+00', 'another status'),
  ('p', 'spawn', 'ok', '{"a": 2}', 'none', '2001-02-03 04:00+00', 'other details'),
  ('p', 'spawn', 'ok', '{"a": 1}', 'some', '2001-02-03 04:00+00', 'another action'),
  ('p', 'spawn', 'ok', '{"a": 1}', null, '2001-02-03 04:00+00', 'no action'),
  ('p', 'spawn', 'ok', '{"a": 1}', 'none', '2001-02-03 04:00:00.000001+00', 'another instant')
) as t (project, type, status, details, action, at, label);
select is((select count(*) from fleet.health_checks), 8::bigint, 'each is stored');

-- behaviour: overflow
insert into ids
values
  ('overflow', fleet_internal.insert_health_check('p', 'spawn', 'ok', '{}', null, '2001-02-04 00:00+00')),
  ('overflow', fleet_internal.insert_health_check('p', 'spawn', 'ok', '{}', null, '2001-02-04 00:00+00'));
select results_eq(
  'select id, project, status from fleet.health_checks_overflow',
  $$select distinct i.id, 'p', 'ok' from ids as i where i.name = 'overflow'$$,
  'a row for whose day no partition exists is kept whole in the overflow table, once');
select is(
  (select count(*) from (select id from fleet.health_checks intersect select id from fleet.health_checks_overflow) as b), 0::bigint,
  'its id is no other row''s');

-- edges
select lives_ok(
  $$select fleet_internal.insert_health_check('*', 'spawn', 'ok', '{}', repeat('x', 20000), '2001-02-03 05:00+00')$$,
  'an action that is too long is no reason to lose the record');
select ok((select length(action_taken) <= 10000 from fleet.health_checks where project = '*'), 'it is cut');
select lives_ok(
  $$select fleet_internal.insert_health_check('*', 'spawn', 'ok', '{}', repeat('x', 20000), '2001-02-03 05:00+00')$$, 'told again');
select is((select count(*) from fleet.health_checks where project = '*'), 1::bigint, 'it is stored once all the same');

-- errors
select throws_ok(
  $$select fleet_internal.insert_health_check('p', 'spam', 'ok', '{}', null, '2001-02-03 05:00+00')$$, '23503', null,
  'an unknown check type does not get past it');
select throws_ok(
  $$select fleet_internal.insert_health_check('p', 'spawn', 'fine', '{}', null, '2001-02-03 05:00+00')$$, '23514', null,
  'nor an unknown status, into the overflow neither');

select * from finish();

rollback;
