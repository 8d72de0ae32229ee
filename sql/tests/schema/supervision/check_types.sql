begin;

\ir ../../support/helpers.psql

select plan(29);

\set sound '{"check_type": "moon", "domain": "supervision", "evaluator": null, "description": "d"}'

-- contract
select has_table('fleet', 'check_types', 'the table is there');
select columns_are(
  'fleet', 'check_types',
  array['check_type', 'domain', 'evaluator', 'description'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'check_types', array['check_type'], 'a kind of check has one row');
select indexes_are('fleet', 'check_types', array['check_types_pkey'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.check_types'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('check_types', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('check_types', :'sound', change), expected, label)
from (values
  (jsonb '{"check_type": "a"}', 'accepted', 'one letter is a name'),
  (jsonb_build_object('check_type', 'a' || repeat('0', 62)), 'accepted', '63 characters are a name'),
  (jsonb_build_object('check_type', 'a' || repeat('0', 63)), 'check_types_check_type_check', '64 are too many for PostgreSQL'),
  (jsonb '{"check_type": ""}', 'check_types_check_type_check', 'an empty name is refused'),
  (jsonb '{"check_type": "1a"}', 'check_types_check_type_check', 'a digit in front is refused'),
  (jsonb '{"check_type": "A"}', 'check_types_check_type_check', 'a capital is refused'),
  (jsonb '{"check_type": "a-b"}', 'check_types_check_type_check', 'a dash is refused'),
  (jsonb '{"check_type": "a\n"}', 'check_types_check_type_check', 'a line feed behind is refused'),
  (jsonb '{"evaluator": "evaluate_moon"}', 'accepted', 'an evaluator is a function''s name'),
  (jsonb '{"evaluator": ""}', 'check_types_evaluator_check', 'never an empty one'),
  (jsonb '{"evaluator": "f(); drop table x"}', 'check_types_evaluator_check', 'nor a statement'),
  (jsonb_build_object('description', repeat('x', 1000)), 'accepted', 'description of 1000 characters is accepted'),
  (jsonb_build_object('description', repeat('x', 1001)), 'check_types_description_check', 'one of 1001 is refused'),
  (jsonb '{"description": ""}', 'check_types_description_check', 'an empty description is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('check_types', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['check_type', 'domain', 'description']
) as u (c);

-- behaviour
select set_has(
  'select check_type from fleet.check_types',
  $$values ('spawn'), ('context'), ('handoff'), ('orphaned_work'), ('heartbeat'), ('partitions')$$,
  'the kinds of the requirements are there');
select set_eq(
  'select check_type from fleet.check_types where evaluator is not null', $$values ('spawn'), ('context'), ('handoff'), ('orphaned_work'), ('partitions')$$,
  'these are run');
select is_empty(
  $$select from fleet.check_types as c where c.evaluator is not null
    and to_regprocedure(format('fleet_internal.%I(timestamptz)', c.evaluator)) is null$$, 'each evaluator is a function that takes p_at');
create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-02-03 00:00+00') to ('2001-02-04 00:00+00');
select is(
  pg_temp.refusal($$delete from fleet.check_types where check_type = 'context'$$), 'accepted', 'a kind that was never recorded may go');
insert into fleet.health_checks (project, check_time, check_type, status) values ('p', '2001-02-03 04:00+00', 'context', 'ok');
select is(
  pg_temp.refusal($$delete from fleet.check_types where check_type = 'context'$$), 'health_checks_check_type_fkey',
  'one that was recorded stays');
select is(
  pg_temp.refusal($$update fleet.check_types set check_type = 'c' where check_type = 'context'$$), 'health_checks_check_type_fkey',
  'and keeps its name');

select * from finish();

rollback;
