begin;

\ir ../../support/helpers.psql

select plan(32);

-- contract
select has_function('fleet', 'ensure_partitions', array['timestamp with time zone'], 'ensure_partitions takes its arguments in this order');
select function_returns('fleet', 'ensure_partitions', array['timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet', 'ensure_partitions', array['timestamp with time zone'], 'volatile', 'it writes');
select is_definer('fleet', 'ensure_partitions', array['timestamp with time zone'], 'it runs with its owner''s rights');
select is(pg_temp.callers('fleet.ensure_partitions(timestamp with time zone)'), array['fleet_writer'], 'fleet_writer may call it');

-- three of the tables stand for all
delete from fleet.partition_policies where table_name not in ('health_checks', 'session_history', 'spawn_history');

-- behaviour
select results_eq(
  $$select table_name, partitions_made, overflow_moved, overflow_left from fleet.ensure_partitions('2999-03-06 15:00+00')$$,
  $$values
    ('health_checks',
      array['health_checks_p29990306', 'health_checks_p29990307', 'health_checks_p29990308', 'health_checks_p29990309',
        'health_checks_p29990310', 'health_checks_p29990311', 'health_checks_p29990312', 'health_checks_p29990313'],
      0::bigint, 0::bigint),
    ('session_history', array['session_history_p29990301', 'session_history_p29990401'], 0, 0),
    ('spawn_history', array['spawn_history_p29990301', 'spawn_history_p29990401'], 0, 0)$$,
  'partitions are made for p_at and for the lead ahead: a week of days, 35 days of months');
select results_eq(
  $$select cardinality(partitions_made), overflow_moved from fleet.ensure_partitions('2999-03-06 15:00+00')$$,
  $$values (0, 0::bigint), (0, 0), (0, 0)$$, 'a second run makes nothing');
select is_empty(
  $$select from fleet.list_missing_partitions('2999-03-06 15:00+00')$$, 'list_missing_partitions then misses nothing');
select results_eq(
  $$select partitions_made from fleet.ensure_partitions('2999-03-07 00:00+00') where table_name = 'health_checks'$$,
  $$values (array['health_checks_p29990314'])$$, 'a day later one more is made');
select lives_ok(
  $$select fleet.record_health_check('p', 'spawn', 'ok', p_at => '2001-02-03 04:05+00')$$,
  'a row of a day without a partition is recorded');
select is((select count(*) from fleet.health_checks_overflow), 1::bigint, 'in the overflow');

-- behaviour: overflow
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values
  (-1, 'p', '2999-03-01 12:00+00', 'spawn', 'ok'),
  (-2, 'p', '2999-03-04 12:00+00', 'spawn', 'ok'),
  (-3, 'p', '2999-03-04 13:00+00', 'spawn', 'ok'),
  (-4, 'p', '2999-03-07 13:00+00', 'spawn', 'ok'),
  (-5, 'p', '2999-09-01 12:00+00', 'spawn', 'ok');
select results_eq(
  $$select partitions_made, overflow_moved, overflow_left from fleet.ensure_partitions('2999-03-07 12:00+00')
    where table_name = 'health_checks'$$,
  $$values (array['health_checks_p29990301', 'health_checks_p29990304'], 4::bigint, 2::bigint)$$,
  'partitions are made for the rows that wait and are not yet due to go; those rows are moved');
select results_eq(
  'select id from fleet.health_checks where id < 0 order by id desc', 'values (-1::bigint), (-2), (-3), (-4)', 'into their partitions');
select results_eq(
  $$select min(check_time), max(check_time) from fleet.health_checks_overflow$$,
  $$values (timestamptz '2001-02-03 04:05+00', timestamptz '2999-09-01 12:00+00')$$,
  'a row past its retention is left to purge_partition, one of the far future to its time');
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-6, 'p', timestamptz '2999-03-07 12:00+00' - interval '29 days 23 hours', 'spawn', 'ok');
select results_eq(
  $$select overflow_moved from fleet.ensure_partitions('2999-03-07 12:00+00') where table_name = 'health_checks'$$,
  'values (1::bigint)', 'a row an hour short of its retention is still moved');
delete from fleet.health_checks_overflow;

-- edges: changed widths
update fleet.partition_policies set width = 'week' where table_name = 'health_checks';
select results_eq(
  $$select partitions_made from fleet.ensure_partitions('2999-03-09 12:00+00') where table_name = 'health_checks'$$,
  $$values (array['health_checks_p29990315'])$$, 'a wider width counts from the next new partition');
select is_empty($$select from fleet.list_missing_partitions('2999-03-09 12:00+00')$$, 'nothing is missing then');
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-7, 'p', '2999-03-02 12:00+00', 'spawn', 'ok'), (-8, 'p', '2999-03-05 12:00+00', 'spawn', 'ok');
select results_eq(
  $$select overflow_moved, overflow_left from fleet.ensure_partitions('2999-03-09 12:00+00') where table_name = 'health_checks'$$,
  'values (2::bigint, 0::bigint)', 'rows in the gaps between narrow partitions get partitions, though the week has begun with one');
delete from fleet.health_checks_overflow;
update fleet.partition_policies set width = 'day', lead = interval '1 day' where table_name = 'health_checks';
select results_eq(
  $$select partitions_made from fleet.ensure_partitions('2999-03-30 12:00+00') where table_name = 'health_checks'$$,
  $$values (array['health_checks_p29990330', 'health_checks_p29990331'])$$, 'a narrower width and a shorter lead count at once');
update fleet.partition_policies set width = 'month', lead = interval '1 year' where table_name = 'health_checks';
select results_eq(
  $$select cardinality(partitions_made) from fleet.ensure_partitions('2999-03-30 12:00+00') where table_name = 'health_checks'$$,
  'values (12)', 'a lead of a year makes a year of months');

-- edges: a partition without an upper bound
create table fleet.session_history_open partition of fleet.session_history for values from ('2999-06-10 00:00+00') to (maxvalue);
select results_eq(
  $$select partitions_made from fleet.ensure_partitions('2999-05-15 12:00+00') where table_name = 'session_history'$$,
  $$values (array['session_history_p29990601'])$$, 'a partition without an upper bound leaves nothing to make after it');
select results_eq(
  $$select partitions_made from fleet.ensure_partitions('2999-12-15 12:00+00') where table_name = 'session_history'$$,
  $$values ('{}'::text[])$$, 'nor within it');

-- edges: the session's settings
update fleet.partition_policies set width = 'day', lead = interval '7 days' where table_name = 'health_checks';
set local timezone = 'UTC';
select lives_ok($$select fleet.ensure_partitions('3030-10-27 23:30+00')$$, 'partitions are made in UTC');
set local timezone = 'America/New_York';
set local datestyle = 'SQL, DMY';
select results_eq(
  $$select cardinality(partitions_made) from fleet.ensure_partitions('3030-10-27 23:30+00')$$, 'values (0), (0), (0)',
  'in another time zone and date style there is nothing more to make, though its clocks change within the lead');
select lives_ok($$select fleet.ensure_partitions('9999-12-31 00:00+00')$$, 'the last instant accepted has partitions');

-- edges: poison
alter table fleet.health_checks_overflow drop constraint health_checks_check_time_check;
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-9, 'p', '-infinity', 'spawn', 'ok'), (-10, 'p', 'infinity', 'spawn', 'ok');
select results_eq(
  $$select overflow_moved, overflow_left from fleet.ensure_partitions('2999-03-09 12:00+00') where table_name = 'health_checks'$$,
  'values (0::bigint, 2::bigint)', 'rows with an infinite time stay and stop nothing');

-- privileges
set local role fleet_writer;
select lives_ok($$select fleet.ensure_partitions('2998-03-09 12:00+00')$$, 'a writer may run it, with no privilege on any table');
reset role;
set local role fleet_reader;
select throws_ok($$select fleet.ensure_partitions('2998-03-09 12:00+00')$$, '42501', null, 'a reader may not');
reset role;
select is_empty(
  $$select from pg_class as c join pg_inherits as i on i.inhrelid = c.oid
    where c.relnamespace = 'fleet'::regnamespace and c.relname ~ '_p2998' and c.relkind = 'r' and c.relowner <> 'fleet_owner'::regrole$$,
  'its partitions belong to fleet_owner, whoever ran it');

-- errors
select throws_ok(format('select fleet.ensure_partitions(%L)', at), 'MF003', null, label)
from (values
  (null, 'null is refused'), ('infinity', 'infinity is refused'), ('-infinity', '-infinity is refused')
) as t (at, label);

select * from finish();

rollback;
