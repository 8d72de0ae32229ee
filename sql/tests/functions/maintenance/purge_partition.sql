begin;

\ir ../../support/helpers.psql

select plan(34);

-- contract
select has_function(
  'fleet', 'purge_partition', array['text', 'timestamp with time zone'],
  'purge_partition takes its arguments in this order');
select function_returns('fleet', 'purge_partition', array['text', 'timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet', 'purge_partition', array['text', 'timestamp with time zone'], 'volatile', 'it writes');
select is_definer('fleet', 'purge_partition', array['text', 'timestamp with time zone'], 'it runs with its owner''s rights');
select is(pg_temp.callers('fleet.purge_partition(text,timestamp with time zone)'), array['fleet_writer'], 'fleet_writer may call it');

-- whoever else reads these tables goes first: purge_partition itself waits 50 ms only
lock table fleet.health_checks, fleet.health_checks_overflow, fleet.session_history, fleet.spawn_history in access exclusive mode;
create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-01-01 00:00+00') to ('2001-01-02 00:00+00');
create table fleet.health_checks_b partition of fleet.health_checks for values from ('2001-01-02 00:00+00') to ('2001-01-03 00:00+00');
create table fleet.health_checks_c partition of fleet.health_checks for values from ('2999-01-02 00:00+00') to ('2999-01-03 00:00+00');

-- behaviour
select is_empty(
  $$select * from fleet.purge_partition('health_checks', '2001-01-31 23:59:59+00')$$,
  'a partition stays while its youngest possible row is a second short of its retention');
select results_eq(
  $$select * from fleet.purge_partition('health_checks', '2001-02-01 00:00+00')$$, $$values ('health_checks_a', 0::bigint)$$,
  'it is dropped once all it can hold is 30 days old');
select hasnt_table('fleet', 'health_checks_a', 'the rows are gone, with their table');
select is_empty($$select * from fleet.purge_partition('health_checks', '2001-02-01 00:00+00')$$, 'no row comes back when nothing is due');
update fleet.retention_rules set keep_for = interval '31 days' where table_name = 'health_checks';
select is_empty($$select * from fleet.purge_partition('health_checks', '2001-02-02 00:00+00')$$, 'a longer life is an update of a row');
update fleet.retention_rules set keep_for = interval '1 hour' where table_name = 'health_checks';
select results_eq(
  $$select partition_dropped from fleet.purge_partition('health_checks', '2001-01-03 01:00+00')$$, $$values ('health_checks_b')$$,
  'and a shorter one too');

-- behaviour: overflow
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values
  (-1, 'p', '2001-01-01 00:00+00', 'spawn', 'ok'),
  (-2, 'p', '2001-01-02 22:59:59+00', 'spawn', 'ok'),
  (-3, 'p', '2001-01-02 23:00+00', 'spawn', 'ok');
select results_eq(
  $$select * from fleet.purge_partition('health_checks', '2001-01-03 00:00+00')$$, 'values (null::text, 2::bigint)',
  'rows of the overflow go when their own time has come');
select results_eq('select id from fleet.health_checks_overflow', 'values (-3::bigint)', 'the others stay');

-- edges: the clock
update fleet.retention_rules set keep_for = interval '100 years' where table_name = 'health_checks';
create table fleet.health_checks_d partition of fleet.health_checks for values from ('2001-01-03 00:00+00') to ('2001-01-04 00:00+00');
select is_empty(
  $$select * from fleet.purge_partition('health_checks', '9999-12-31 00:00+00')$$,
  'an instant of the future is not believed: nothing that is still wanted is dropped');
select has_table('fleet', 'health_checks_d', 'a row of 2001 that is to stay for 100 years is still there');
update fleet.retention_rules set keep_for = interval '1 hour' where table_name = 'health_checks';
select results_eq(
  $$select * from fleet.purge_partition('health_checks', '9999-12-31 00:00+00') where partition_dropped = 'health_checks_d'$$,
  $$values ('health_checks_d', 1::bigint)$$, 'what is due by the server''s clock goes: one partition, the oldest, and the overflow');
select has_table('fleet', 'health_checks_c', 'a partition of the future is still there');

-- edges: open bounds, other tables, poison
create table fleet.session_history_first partition of fleet.session_history for values from (minvalue) to ('2001-01-01 00:00+00');
create table fleet.session_history_open partition of fleet.session_history for values from ('2999-01-01 00:00+00') to (maxvalue);
select results_eq(
  $$select partition_dropped from fleet.purge_partition('session_history', '2003-01-01 00:00+00')$$, $$values ('session_history_first')$$,
  'a partition without a lower bound ends like any other');
select is_empty($$select * from fleet.purge_partition('session_history', '2004-01-01 00:00+00')$$, 'one without an upper bound never ends');
alter table fleet.health_checks_overflow drop constraint health_checks_check_time_check;
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-4, 'p', '-infinity', 'spawn', 'ok'), (-5, 'p', 'infinity', 'spawn', 'ok');
select results_eq(
  $$select overflow_rows_deleted from fleet.purge_partition('health_checks', '2001-01-01 00:00+00')$$, 'values (1::bigint)',
  'a row with an infinite time stops nothing');
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'German';
create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-01-01 00:00+00') to ('2001-02-01 00:00+00');
select is_empty(
  $$select * from fleet.purge_partition('spawn_history', '2003-01-31 23:59+00')$$, 'the session''s time zone does not hurry it');
set local timezone = 'America/St_Johns';
select isnt_empty(
  $$select * from fleet.purge_partition('spawn_history', '2003-02-01 00:00+00')$$, 'nor delay it');

-- privileges
set local role fleet_writer;
select lives_ok($$select fleet.purge_partition('health_checks', '2001-01-01 00:00+00')$$, 'a writer may run it');
reset role;
set local role fleet_reader;
select throws_ok($$select fleet.purge_partition('health_checks', '2001-01-01 00:00+00')$$, '42501', null, 'a reader may not');
reset role;

-- errors
select throws_ok(format('select fleet.purge_partition(%L, %L)', name, at), state, null, label)
from (values
  ('no_such_table', '2001-01-01', 'MF004', 'a table that is not there is an error'),
  (null, '2001-01-01', 'MF004', 'no table is an error'),
  ('active_spawns', '2001-01-01', 'MF004', 'a table whose rows are archived is not purged'),
  ('ps_sessions', '2001-01-01', 'MF004', 'nor one of live state'),
  ('health_checks_overflow', '2001-01-01', 'MF004', 'nor an overflow table by itself'),
  ('health_checks; drop table x', '2001-01-01', 'MF004', 'nor a statement'),
  ('health_checks', null, 'MF003', 'no instant is an error'),
  ('health_checks', 'infinity', 'MF003', 'infinity is an error'),
  ('health_checks', '-infinity', 'MF003', '-infinity is an error')
) as t (name, at, state, label);
delete from fleet.retention_rules where table_name = 'health_checks';
select throws_ok(
  $$select fleet.purge_partition('health_checks', '2001-01-01')$$, 'MF004', null,
  'nothing is deleted that no row of retention_rules names');

select * from finish();

rollback;
