begin;

\ir ../../support/helpers.psql

select plan(30);

-- contract
select has_function(
  'fleet_internal', 'evaluate_partitions', array['timestamp with time zone'],
  'evaluate_partitions takes its arguments in this order');
select function_returns(
  'fleet_internal', 'evaluate_partitions', array['timestamp with time zone'], 'setof record',
  'it returns setof record');
select volatility_is('fleet_internal', 'evaluate_partitions', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'evaluate_partitions', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.evaluate_partitions(timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

-- whatever partitions there are would be long overdue at the instants asked for here
do $$
declare
  v_name  text;
begin
  for v_name in
    select l.partition_name
    from fleet.partition_policies as p cross join lateral fleet_internal.list_partitions(p.table_name) as l
  loop
    execute format('drop table fleet.%I', v_name);
  end loop;
end
$$;

-- three of the tables stand for all
delete from fleet.partition_policies where table_name not in ('health_checks', 'session_history', 'spawn_history');

-- behaviour: partitions
select results_eq(
  $$select subject, status, value from fleet_internal.evaluate_partitions('2999-01-10 12:00+00')$$,
  $$values ('health_checks', 'critical', 0.000000), ('session_history', 'critical', 0.000000), ('spawn_history', 'critical', 0.000000)$$,
  'where a row of now has no partition it is critical');
select is_empty(
  $$select from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where message not like '%fleet.ensure_partitions()%'$$,
  'the message names the cure');
select lives_ok($$select fleet.ensure_partitions('2999-01-10 12:00+00')$$, 'the cure is taken');
select results_eq(
  $$select subject, status, value, unit, warning_threshold,
  critical_threshold from fleet_internal.evaluate_partitions('2999-01-10 12:00+00')$$,
  $$values
    ('health_checks', 'ok', 604800.000000, 's', 302400.000000, 0::numeric),
    ('session_history', 'ok', 3024000.000000, 's', 1512000.000000, 0),
    ('spawn_history', 'ok', 3024000.000000, 's', 1512000.000000, 0)$$,
  'all is well then: the value is how many seconds ahead partitions exist');
select results_eq(
  $$select status, value from fleet_internal.evaluate_partitions('2999-01-14 12:00+00') where subject = 'health_checks'$$,
  $$values ('ok', 302400.000000)$$, 'half the lead left is enough');
select results_eq(
  $$select status, value from fleet_internal.evaluate_partitions('2999-01-14 12:00:01+00') where subject = 'health_checks'$$,
  $$values ('warning', 302399.000000)$$, 'a second less is a warning');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-17 23:59:59+00') where subject = 'health_checks'$$,
  $$values ('warning')$$, 'the last second that has a partition is a warning');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-18 00:00+00') where subject = 'health_checks'$$,
  $$values ('critical')$$, 'the next one is critical');

-- behaviour: overflow
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status) values (-1, 'p', '2999-01-05 00:00+00', 'spawn',
  'ok');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-10 12:00+00')$$, $$values ('warning'), ('ok'), ('ok')$$,
  'rows in an overflow table are a warning');
select alike(
  (select message from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where subject = 'health_checks'),
  '%health_checks_overflow%fleet.ensure_partitions()%', 'with the cure');
update fleet.health_checks_overflow set check_time = '2998-01-05 00:00+00';
select alike(
  (select message from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where subject = 'health_checks'),
  '%health_checks_overflow%fleet.purge_partition(%', 'rows there past their retention have another cure: purge_partition takes them');
delete from fleet.health_checks_overflow;

-- behaviour: retention
create table fleet.health_checks_old partition of fleet.health_checks for values from ('2998-12-08 12:00+00') to ('2998-12-09 12:00+00');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where subject = 'health_checks'$$,
  $$values ('ok')$$, 'a partition two days past its retention of 30 days is well');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-10 12:00:01+00') where subject = 'health_checks'$$,
  $$values ('warning')$$, 'a second more is a warning');
select alike(
  (select message from fleet_internal.evaluate_partitions('2999-01-11 12:00+00') where subject = 'health_checks'),
  '%fleet.purge_partition(''health_checks'')%', 'with the cure');
drop table fleet.health_checks_old;

-- behaviour: the archive
insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at)
values ('p', 'a', '2999-01-01 00:00+00', 'completed', '2999-01-02 00:00+00'), ('p', 'b', '2999-01-01 00:00+00', 'running', null);
insert into fleet.ps_sessions (project, started_at, last_activity, ended_at, end_reason)
values ('p', '2999-01-01 00:00+00', '2999-01-01 00:00+00', '2999-01-03 00:00+00', 'completed');
select is(
  (select count(*) from fleet_internal.evaluate_partitions('2999-01-05 00:00+00')), 3::bigint,
  'ended rows two days past their 24 hours are well');
select results_eq(
  $$select subject, status from fleet_internal.evaluate_partitions('2999-01-05 00:00:01+00') where subject !~ '_(checks|history)$'$$,
  $$values ('active_spawns', 'warning')$$, 'a second more is a warning');
select set_eq(
  $$select subject, status, value,
  warning_threshold from fleet_internal.evaluate_partitions('2999-01-10 00:00+00') where subject !~ '_(checks|history)$'$$,
  $$values ('active_spawns', 'warning', 691200.000000, 259200.000000), ('ps_sessions', 'warning', 604800.000000, 259200.000000)$$,
  'of sessions too; the value is the age of the oldest');
select set_eq(
  $$select message from fleet_internal.evaluate_partitions('2999-01-10 00:00+00') where message like '%select fleet.archive_ended_s%s()'$$,
  $$select message from fleet_internal.evaluate_partitions('2999-01-10 00:00+00') where subject !~ '_(checks|history)$'$$, 'with the cure');
delete from fleet.active_spawns;
delete from fleet.ps_sessions;

-- edges
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'German';
select results_eq(
  $$select subject, status, value from fleet_internal.evaluate_partitions('2999-01-10 12:00+00')$$,
  $$values ('health_checks', 'ok', 604800.000000), ('session_history', 'ok', 3024000.000000), ('spawn_history', 'ok', 3024000.000000)$$,
  'the session''s settings do not matter');
reset timezone;
create table fleet.health_checks_open partition of fleet.health_checks for values from ('2999-01-18 00:00+00') to (maxvalue);
select results_eq(
  $$select status, value from fleet_internal.evaluate_partitions('2999-01-31 12:00+00') where subject = 'health_checks'$$,
  $$values ('ok', 604800.000000)$$, 'a partition without an upper bound is enough for ever');
create table fleet.health_checks_first partition of fleet.health_checks for values from (minvalue) to ('2001-01-01 00:00+00');
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where subject = 'health_checks'$$,
  $$values ('warning')$$, 'one without a lower bound is overdue like any other');
delete from fleet.retention_rules where table_name = 'session_history';
select results_eq(
  $$select status from fleet_internal.evaluate_partitions('2999-01-10 12:00+00') where subject = 'session_history'$$,
  $$values ('ok')$$, 'a table without a rule of retention keeps all');

-- edges: trap 11
alter table fleet.active_spawns drop constraint active_spawns_completed_at_check;
alter table fleet.ps_sessions drop constraint ps_sessions_ended_at_check;
insert into fleet.active_spawns (project, task_id, status, completed_at) values ('p', 'poison', 'completed', '-infinity');
insert into fleet.ps_sessions (project, ended_at, end_reason) values ('p', '-infinity', 'x');
create temporary table poisoned (subject text, status text);
select lives_ok(
  $$insert into poisoned select subject, status from fleet_internal.evaluate_partitions('2999-01-10 12:00+00')$$,
  'trap 11: rows with infinite times do not make the check fail');
select set_eq(
  'select subject, status from poisoned',
  $$values ('health_checks', 'warning'), ('session_history', 'ok'), ('spawn_history', 'ok'), ('active_spawns', 'warning'),
  ('ps_sessions', 'warning')$$,
  'they are found, and hide no other');
select throws_ok($$select * from fleet_internal.evaluate_partitions(null)$$, 'MF003', null, 'no instant is an error');

select * from finish();

rollback;
