begin;

\ir ../../support/helpers.psql

select plan(29);

-- contract
select has_function(
  'fleet_internal', 'create_partition', array['text', 'text', 'timestamp with time zone'],
  'create_partition takes its arguments in this order');
select function_returns('fleet_internal', 'create_partition', array['text', 'text', 'timestamp with time zone'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'create_partition', array['text', 'text', 'timestamp with time zone'], 'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'create_partition', array['text', 'text', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.create_partition(text,text,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

-- behaviour
prepare made as
select * from fleet_internal.list_partitions('health_checks') where from_at >= '2999-01-01 00:00+00' order by from_at;

select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-03-06 15:00+00'), 'health_checks_p29990306',
  'a partition is named by table and first day');
select results_eq(
  'made', $$values ('health_checks_p29990306', timestamptz '2999-03-06 00:00+00', timestamptz '2999-03-07 00:00+00')$$,
  'a day reaches from midnight to midnight in UTC');
select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-03-06 23:59:59.999999+00'), null,
  'an instant that has a partition gets no second one');
select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-03-07 00:00+00'), 'health_checks_p29990307',
  'the first instant after belongs to the next');
select is(
  fleet_internal.create_partition('spawn_history', 'month', '2996-02-29 12:00+00'), 'spawn_history_p29960201', 'a month begins on the 1st');
select results_eq(
  $$select to_at from fleet_internal.list_partitions('spawn_history') where partition_name = 'spawn_history_p29960201'$$,
  $$values (timestamptz '2996-03-01 00:00+00')$$, 'and ends with its last day, in a leap year too');
select is(
  fleet_internal.create_partition('session_history', 'week', '2999-03-06 15:00+00'), 'session_history_p29990304',
    'a week begins on a Monday');
select results_eq(
  $$select extract(isodow from from_at at time zone 'UTC')::integer, to_at - from_at from fleet_internal.list_partitions('session_history')
    where '2999-03-06 15:00+00' >= from_at and '2999-03-06 15:00+00' < to_at$$,
  $$values (1, interval '7 days')$$, 'and has seven days');

-- its shape is the parent's
select ok(
  (select c.relispartition and not c.relhassubclass from pg_class as c where c.oid = 'fleet.health_checks_p29990306'::regclass),
  'it is attached');
select set_eq(
  $$select conname::text from pg_constraint where conrelid = 'fleet.health_checks_p29990306'::regclass and contype = 'c'$$,
  $$select conname::text from pg_constraint where conrelid = 'fleet.health_checks'::regclass and contype = 'c'$$,
  'it has the parent''s checks, none twice');
select is(
  (select count(*) from pg_index where indrelid = 'fleet.health_checks_p29990306'::regclass),
  (select count(*) from pg_index where indrelid = 'fleet.health_checks'::regclass),
  'it has the parent''s indexes, none twice');
select lives_ok(
  $$insert into fleet.health_checks (project, check_time, check_type, status) values ('p', '2999-03-06 12:00+00', 'spawn', 'ok')$$,
  'rows of its time go into it');
select is(
  (select count(*) from fleet.health_checks_p29990306 where id > 0 and created_at is not null), 1::bigint,
  'with the parent''s defaults');

-- edges: changed widths
select is(
  fleet_internal.create_partition('health_checks', 'week', '2999-03-08 12:00+00'), 'health_checks_p29990308',
  'a wider partition starts where the narrow ones before it end');
select is(
  fleet_internal.create_partition('health_checks', 'month', '2999-03-02 12:00+00'), 'health_checks_p29990301',
  'and one before them starts where its period does');
select results_eq(
  'made',
  $$values
    ('health_checks_p29990301', timestamptz '2999-03-01 00:00+00', timestamptz '2999-03-06 00:00+00'),
    ('health_checks_p29990306', timestamptz '2999-03-06 00:00+00', timestamptz '2999-03-07 00:00+00'),
    ('health_checks_p29990307', timestamptz '2999-03-07 00:00+00', timestamptz '2999-03-08 00:00+00'),
    ('health_checks_p29990308', timestamptz '2999-03-08 00:00+00', timestamptz '2999-03-11 00:00+00')$$,
  'it reaches as far as the neighbours leave room: no gap, no overlap');
select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-03-03 12:00+00'), null, 'a narrower width cuts nothing out of a wider one');

-- edges: open ends
create table fleet.health_checks_open partition of fleet.health_checks for values from ('2999-05-02 12:00+00') to (maxvalue);
select is(
  fleet_internal.create_partition('health_checks', 'month', '2999-06-01 12:00+00'), null,
  'a partition without an upper bound holds everything after');
select is(
  fleet_internal.create_partition('health_checks', 'month', '2999-05-01 12:00+00'), 'health_checks_p29990501',
  'before it there is room up to its first instant');
create table fleet.health_checks_first partition of fleet.health_checks for values from (minvalue) to ('2001-01-03 00:00+00');
select is(
  fleet_internal.create_partition('health_checks', 'day', '2001-01-02 12:00+00'), null,
  'a partition without a lower bound holds everything before');

-- edges: the session's settings
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'SQL, DMY';
select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-04-01 00:30+00'), 'health_checks_p29990401',
  'the day is the one in UTC, whatever the session''s time zone');
set local timezone = 'America/St_Johns';
set local datestyle = 'German';
select is(
  fleet_internal.create_partition('health_checks', 'day', '2999-04-02 00:30+00'), 'health_checks_p29990402',
  'west of Greenwich and in German, too');
select results_eq(
  $$select from_at, to_at from fleet_internal.list_partitions('health_checks')
    where partition_name in ('health_checks_p29990401', 'health_checks_p29990402') order by from_at$$,
  $$values
    (timestamptz '2999-04-01 00:00+00', timestamptz '2999-04-02 00:00+00'),
    (timestamptz '2999-04-02 00:00+00', timestamptz '2999-04-03 00:00+00')$$,
  'their bounds are midnights in UTC');
select is(
  fleet_internal.create_partition('spawn_history', 'month', '2999-11-07 12:00+00'), 'spawn_history_p29991101',
  'a month in which clocks change is a month');

select * from finish();

rollback;
