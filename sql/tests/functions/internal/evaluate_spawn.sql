begin;

\ir ../../support/helpers.psql

select plan(21);

-- contract
select has_function(
  'fleet_internal', 'evaluate_spawn', array['timestamp with time zone'],
  'evaluate_spawn takes its arguments in this order');
select function_returns('fleet_internal', 'evaluate_spawn', array['timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet_internal', 'evaluate_spawn', array['timestamp with time zone'], 'volatile', 'it writes');
select isnt_definer('fleet_internal', 'evaluate_spawn', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.evaluate_spawn(timestamp with time zone)'), '{}'::text[], 'nobody but its owner may call it');

insert into fleet.stall_rules (project, task_type, stalled_after, escalate_after, error_pattern, max_output_bytes) values
  ('quick', '*', interval '2 seconds', interval '4 seconds', 'Error:', 1000);
insert into fleet.active_spawns (project, task_id, spawn_time, last_output_change) values
  ('new', 'young', '2001-02-03 11:59:59+00', null),
  ('well', 'a', '2001-02-03 11:00+00', '2001-02-03 11:50+00'),
  ('well', 'b', '2001-02-03 11:59+00', null),
  ('mixed', 'well', '2001-02-03 11:00+00', '2001-02-03 11:59+00'),
  ('mixed', 'almost', '2001-02-03 11:00+00', '2001-02-03 11:45:00.001+00'),
  ('mixed', 'stalled', '2001-02-03 11:00+00', '2001-02-03 11:45+00'),
  ('mixed', 'late', '2001-02-03 11:00+00', '2001-02-03 11:30:01+00'),
  ('mixed', 'escalated', '2001-02-03 11:00+00', '2001-02-03 11:30+00'),
  ('mixed', 'mute', '2001-02-03 11:44+00', null),
  ('quick', 'q', '2001-02-03 11:00+00', '2001-02-03 11:59:57+00');
insert into fleet.active_spawns (project, task_id, spawn_time, last_output_change, error_line, output_problem, output_file) values
  ('bad', 'error', '2001-02-03 11:59+00', '2001-02-03 11:59:30+00', 'Error: out of beans', null, '/tmp/e'),
  ('bad', 'missing', '2001-02-03 11:59+00', null, null, 'missing: no such file', '/tmp/m');
insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at, error_line) values
  ('over', 'done', '2001-02-03 10:00+00', 'failed', '2001-02-03 10:30+00', 'Error: x');
create temporary table found as select * from fleet_internal.evaluate_spawn('2001-02-03 12:00+00');

-- behaviour
select set_eq(
  'select subject, status from found',
  $$values
    ('new', 'ok'), ('well', 'ok'), ('quick/q', 'warning'),
    ('mixed/stalled', 'warning'), ('mixed/late', 'warning'), ('mixed/escalated', 'critical'), ('mixed/mute', 'warning'),
    ('bad/error', 'critical'), ('bad/missing', 'warning')$$,
  'silence of 15 minutes is a warning and of 30 critical; so is an error line; a project all well has one row that says so');
select is_empty($$select from found where subject like 'new/%'$$, 'trap 1: a spawn created a second ago is not stalled');
select is_empty($$select from found where project = 'over'$$, 'ended spawns are not judged');
select results_eq(
  $$select value, unit, warning_threshold, critical_threshold from found where subject = 'mixed/stalled'$$,
  $$values (900.000, 's', 900.000000, 1800.000000)$$, 'the value is the silence in seconds, with its thresholds');
select results_eq(
  $$select value, warning_threshold, critical_threshold from found where subject = 'quick/q'$$,
  $$values (3.000, 2.000000, 4.000000)$$, 'a rule of two seconds counts to the second');
select results_eq(
  $$select value, unit from found where subject = 'well'$$, $$values (2::numeric, 'spawns')$$,
  'the row of a project that is well counts its open spawns');
select alike((select message from found where subject = 'bad/error'), '%Error: out of beans%', 'the error line is the evidence');
select alike(
  (select message from found where subject = 'bad/missing'), '%missing: no such file%',
  'an output that cannot be read says why');
select alike(
  (select message from found where subject = 'mixed/mute'), '%since it was spawned%',
  'one that never wrote counts from its spawn time, and says so');
select is_empty(
  $$select from found where message is null or message = '' or detail is null or status is null$$,
  'each has a message and its details');
select results_eq(
  $$select task_id, stalled_at from fleet.active_spawns where status = 'stalled' order by task_id$$,
  $$values
    ('escalated', timestamptz '2001-02-03 12:00+00'), ('late', '2001-02-03 12:00+00'), ('mute', '2001-02-03 12:00+00'),
    ('q', '2001-02-03 12:00+00'), ('stalled', '2001-02-03 12:00+00')$$,
  'what is stalled is marked so');
select set_eq(
  $$select subject, status, value from fleet_internal.evaluate_spawn('2001-02-03 12:00+00')$$,
  'select subject, status, value from found', 'judging again gives the same verdicts, of marked ones too');
select is_empty(
  $$select from fleet_internal.evaluate_spawn('2001-02-03 10:59+00')$$, 'as of a time before they were spawned there is nothing to judge');

-- edges: trap 11
alter table fleet.active_spawns drop constraint active_spawns_spawn_time_check;
alter table fleet.active_spawns drop constraint active_spawns_last_output_change_check;
alter table fleet.active_spawns drop constraint active_spawns_last_checked_at_check;
insert into fleet.active_spawns (project, task_id, spawn_time, last_output_change, last_checked_at, output_file) values
  ('well', 'poison 1', '-infinity', null, null, '/tmp/x'),
  ('well', 'poison 2', '2001-02-03 11:00+00', '-infinity', '-infinity', '/tmp/x'),
  ('well', 'poison 3', '-infinity', '-infinity', 'infinity', '/tmp/x'),
  ('well', 'poison 4', '2001-02-03 11:00+00', 'infinity', null, '/tmp/x');
select lives_ok(
  $$create temporary table poisoned as select * from fleet_internal.evaluate_spawn('2001-02-03 12:00+00')$$,
  'trap 11: rows with infinite times do not make the check fail');
select set_eq(
  $$select subject from poisoned where status = 'critical' and project = 'well'$$,
  $$values ('well/poison 1'), ('well/poison 2'), ('well/poison 3'), ('well/poison 4')$$, 'they are shown, as silent beyond measure');
select set_eq(
  $$select subject, status from poisoned where project <> 'well'$$, $$select subject, status from found where project <> 'well'$$,
  'and hide no other');

select * from finish();

rollback;
