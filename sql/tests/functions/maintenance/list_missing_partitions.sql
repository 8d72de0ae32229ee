begin;

\ir ../../support/helpers.psql

select plan(26);

-- contract
select has_function(
  'fleet', 'list_missing_partitions', array['timestamp with time zone'],
  'list_missing_partitions takes its arguments in this order');
select function_returns('fleet', 'list_missing_partitions', array['timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet', 'list_missing_partitions', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet', 'list_missing_partitions', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet.list_missing_partitions(timestamp with time zone)'), array['fleet_reader'], 'fleet_reader may call it');

-- three of the tables stand for all
delete from fleet.partition_policies where table_name not in ('health_checks', 'session_history', 'spawn_history');

-- behaviour
select results_eq(
  $$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$,
  $$values
    ('health_checks', timestamptz '2999-03-06 15:00+00'),
    ('health_checks', '2999-03-07 00:00+00'),
    ('health_checks', '2999-03-08 00:00+00'),
    ('health_checks', '2999-03-09 00:00+00'),
    ('health_checks', '2999-03-10 00:00+00'),
    ('health_checks', '2999-03-11 00:00+00'),
    ('health_checks', '2999-03-12 00:00+00'),
    ('health_checks', '2999-03-13 00:00+00'),
    ('session_history', '2999-03-06 15:00+00'),
    ('session_history', '2999-04-01 00:00+00'),
    ('spawn_history', '2999-03-06 15:00+00'),
    ('spawn_history', '2999-04-01 00:00+00')$$,
  'there is a row for each partition that ensure_partitions would make, with the instant since when it is missing');
select lives_ok($$select fleet.ensure_partitions('2999-03-06 15:00+00')$$, 'they are made');
select is_empty($$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'no row: all is well');
select is_empty($$select * from fleet.list_missing_partitions('2999-03-06 23:59+00')$$, 'all day long');
select results_eq(
  $$select * from fleet.list_missing_partitions('2999-03-07 00:00+00')$$,
  $$values ('health_checks', timestamptz '2999-03-14 00:00+00')$$, 'the next day misses one more day ahead');

-- edges: a gap
drop table fleet.health_checks_p29990308;
select results_eq(
  $$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$,
  $$values ('health_checks', timestamptz '2999-03-08 00:00+00')$$, 'a gap between partitions is missing');
select lives_ok($$select fleet.ensure_partitions('2999-03-06 15:00+00')$$, 'it is filled');

-- edges: changed widths
update fleet.partition_policies set width = 'month', lead = interval '35 days' where table_name = 'health_checks';
select isnt_empty(
  $$select from fleet.list_missing_partitions('2999-03-06 15:00+00') where table_name = 'health_checks'$$,
  'a period of which only the beginning has a partition is missing: what ensure_partitions would make is listed');
select is(
  (select min(missing_from) from fleet.list_missing_partitions('2999-03-06 15:00+00') where table_name = 'health_checks'),
  timestamptz '2999-03-14 00:00+00', 'since the first instant without one');
select lives_ok($$select fleet.ensure_partitions('2999-03-06 15:00+00')$$, 'they are made at the new width');
select is_empty($$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'nothing is missing after that');
update fleet.partition_policies set width = 'day' where table_name = 'health_checks';
select is_empty($$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'wide partitions cover narrow ones');
create table fleet.health_checks_open partition of fleet.health_checks for values from ('2999-05-01 00:00+00') to (maxvalue);
select is_empty(
  $$select * from fleet.list_missing_partitions('2999-07-15 12:00+00') where table_name = 'health_checks'$$,
  'a partition without an upper bound covers everything after');

-- edges: the session's settings
update fleet.partition_policies set lead = interval '7 days' where table_name = 'health_checks';
drop table fleet.health_checks_open;
set local timezone = 'UTC';
select lives_ok($$select fleet.ensure_partitions('3030-10-27 23:30+00')$$, 'partitions are made in UTC');
set local timezone = 'America/New_York';
set local datestyle = 'SQL, DMY';
set local intervalstyle = 'sql_standard';
select is_empty(
  $$select * from fleet.list_missing_partitions('3030-10-27 23:30+00')$$,
  'in another time zone none of them is missing, though its clocks change within the lead');

-- privileges
set local role fleet_reader;
select lives_ok($$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'a reader may ask');
reset role;

-- errors
select throws_ok(format('select * from fleet.list_missing_partitions(%L)', at), 'MF003', null, label)
from (values
  (null, 'null is refused'), ('infinity', 'infinity is refused'), ('1999-12-31 00:00+00', 'the year 1999 is refused')
) as t (at, label);
delete from fleet.partition_policies;
select is_empty($$select * from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'where nothing is split nothing is missing');
select throws_ok(
  $$select * from fleet.list_missing_partitions('infinity')$$, 'MF003', null, 'an unusable instant is refused even then');

select * from finish();

rollback;
