begin;

\ir ../../support/helpers.psql

select plan(18);

-- contract
select has_function('fleet_internal', 'list_partitions', array['text'], 'list_partitions takes its arguments in this order');
select function_returns('fleet_internal', 'list_partitions', array['text'], 'setof record', 'it returns setof record');
select volatility_is('fleet_internal', 'list_partitions', array['text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'list_partitions', array['text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.list_partitions(text)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

-- behaviour
create table fleet.health_checks_one partition of fleet.health_checks for values from ('2999-03-01 00:00+00') to ('2999-03-02 00:00+00');
create table fleet.health_checks_open partition of fleet.health_checks for values from ('2999-04-01 00:00+00') to (maxvalue);
create table fleet.health_checks_first partition of fleet.health_checks for values from (minvalue) to ('2001-01-01 00:00+00');
prepare listed as
select * from fleet_internal.list_partitions('health_checks')
where partition_name in ('health_checks_one', 'health_checks_open', 'health_checks_first')
order by from_at;
create temporary table expected (partition_name text, from_at timestamptz, to_at timestamptz);
insert into expected values
  ('health_checks_first', '-infinity', '2001-01-01 00:00+00'),
  ('health_checks_one', '2999-03-01 00:00+00', '2999-03-02 00:00+00'),
  ('health_checks_open', '2999-04-01 00:00+00', 'infinity');
prepare wanted as select * from expected order by from_at;

select results_eq('listed', 'wanted', 'each partition has its name, its first instant and the first instant after; no bound is infinite');
select is_empty(
  $$select from fleet_internal.list_partitions('spawn_history') where partition_name ~ '^health'$$,
  'the partitions of other tables are not listed');
select lives_ok('alter table fleet.health_checks detach partition fleet.health_checks_one', 'a partition is detached');
select is_empty(
  $$select from fleet_internal.list_partitions('health_checks') where partition_name = 'health_checks_one'$$,
  'a detached partition is none');
select lives_ok(
  $$alter table fleet.health_checks attach partition fleet.health_checks_one
    for values from ('2999-03-01 00:00+00') to ('2999-03-02 00:00+00')$$, 'and attached again');

-- edges
set local timezone = 'Asia/Kathmandu';
select results_eq('listed', 'wanted', 'bounds are the same instants in a time zone of odd minutes');
set local datestyle = 'SQL, DMY';
select results_eq('listed', 'wanted', 'in a date style with the day in front');
set local datestyle = 'Postgres, MDY';
select results_eq('listed', 'wanted', 'in a date style with the month in front');
set local datestyle = 'German';
set local timezone = 'America/St_Johns';
select results_eq('listed', 'wanted', 'in German');
select is(current_setting('datestyle'), 'German, DMY', 'the session''s own setting is left alone');
select is_empty($$select from fleet_internal.list_partitions('no_such_table')$$, 'a table that is not there has no partitions');
select is_empty($$select from fleet_internal.list_partitions('ps_sessions')$$, 'a table that is not split has none');
select is_empty($$select from fleet_internal.list_partitions('x"; drop table y; --')$$, 'a name is a name, whatever is in it');

select * from finish();

rollback;
