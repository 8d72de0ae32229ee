begin;

\ir ../../support/helpers.psql

select plan(17);

-- contract
select has_function(
  'fleet_internal', 'evaluate_orphaned_work', array['timestamp with time zone'],
  'evaluate_orphaned_work takes its arguments in this order');
select function_returns(
  'fleet_internal', 'evaluate_orphaned_work', array['timestamp with time zone'], 'setof record',
  'it returns setof record');
select volatility_is('fleet_internal', 'evaluate_orphaned_work', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'evaluate_orphaned_work', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.evaluate_orphaned_work(timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

insert into fleet.ps_sessions (id, project, started_at, last_activity, ended_at, end_reason) overriding system value
values
  (-501, 'live', '2001-02-03 10:00+00', '2001-02-03 10:00+00', null, null),
  (-502, 'ended', '2001-02-03 10:00+00', '2001-02-03 10:00+00', '2001-02-03 11:00+00', 'completed'),
  (-503, 'replaced', '2001-02-03 11:00+00', '2001-02-03 11:00+00', null, null),
  (-504, 'ends later', '2001-02-03 10:00+00', '2001-02-03 10:00+00', '2001-02-03 12:30+00', 'completed');
insert into fleet.active_spawns (id, project, task_id, spawn_time, ps_session_id, parent_spawn_id, status, completed_at, stalled_at)
overriding system value
values
  (-601, 'live', 'a', '2001-02-03 10:00+00', -501, null, 'running', null, null),
  (-602, 'ended', 'a', '2001-02-03 10:00+00', -502, null, 'running', null, null),
  (-603, 'ended', 'stalled', '2001-02-03 10:00+00', -502, null, 'stalled', null, '2001-02-03 11:00+00'),
  (-604, 'ended', 'done', '2001-02-03 10:00+00', -502, null, 'completed', '2001-02-03 10:30+00', null),
  (-605, 'replaced', 'a', '2001-02-03 10:00+00', -499, null, 'running', null, null),
  (-606, 'ends later', 'a', '2001-02-03 10:00+00', -504, null, 'running', null, null),
  (-607, 'no session', 'a', '2001-02-03 10:00+00', null, null, 'running', null, null),
  (-608, 'family', 'failed', '2001-02-03 10:00+00', null, null, 'failed', '2001-02-03 11:00+00', null),
  (-609, 'family', 'abandoned', '2001-02-03 10:00+00', null, null, 'abandoned', '2001-02-03 11:00+00', null),
  (-610, 'family', 'completed', '2001-02-03 10:00+00', null, null, 'completed', '2001-02-03 11:00+00', null),
  (-611, 'family', 'of failed', '2001-02-03 10:30+00', null, -608, 'running', null, null),
  (-612, 'family', 'of abandoned', '2001-02-03 10:30+00', null, -609, 'running', null, null),
  (-613, 'family', 'of completed', '2001-02-03 10:30+00', null, -610, 'running', null, null),
  (-614, 'family', 'of history', '2001-02-03 10:30+00', null, -400, 'running', null, null),
  (-615, 'family', 'of nobody', '2001-02-03 10:30+00', null, -399, 'running', null, null),
  (-616, 'stranger', 'a', '2001-02-03 10:30+00', null, -608, 'running', null, null),
  (-617, 'both', 'a', '2001-02-03 10:30+00', -498, -618, 'running', null, null),
  (-618, 'both', 'parent', '2001-02-03 10:00+00', null, null, 'failed', '2001-02-03 11:00+00', null);
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-400, 'family', 'long gone', '2001-02-01 04:00+00', 'failed', '2001-02-01 05:00+00', now(), now(), 1);
create temporary table found as select * from fleet_internal.evaluate_orphaned_work('2001-02-03 12:00+00');

-- behaviour
select set_eq(
  'select subject, status from found',
  $$values
    ('live', 'ok'), ('ends later', 'ok'), ('no session', 'ok'), ('stranger', 'ok'),
    ('ended/a', 'warning'), ('ended/stalled', 'warning'), ('replaced/a', 'warning'), ('both/a', 'warning'),
    ('family/of failed', 'warning'), ('family/of abandoned', 'warning'), ('family/of history', 'warning')$$,
  'orphaned is what is open though its session has ended or was replaced, or its parent failed or was abandoned');
select alike(
  (select message from found where subject = 'ended/a'), '%its session ended 1 h ago%',
  'it says how long ago the session ended');
select alike(
  (select message from found where subject = 'replaced/a'), '%its session was replaced or has ended%',
    'of one that was replaced it says so');
select alike(
  (select message from found where subject = 'family/of failed'), '%its parent failed failed%',
  'it names the parent and how it ended');
select alike((select message from found where subject = 'family/of abandoned'), '%its parent abandoned was abandoned%', 'in words');
select ok(
  (select message like '%its session%' and message like '%and its parent parent failed%' from found where subject = 'both/a'),
  'both reasons are given');
select results_eq(
  $$select value, unit from found where subject = 'ended/a'$$, $$values (7200.000, 's')$$, 'the value is its age in seconds');
select is_empty(
  $$select from fleet_internal.evaluate_orphaned_work('2001-02-03 10:59+00')
    where status = 'warning' and project in ('ended', 'family', 'both')
    and subject not in ('family/of history', 'both/a')$$,
  'as of an earlier time the session still lived and the parent had not failed');
select is_empty(
  $$select from fleet_internal.evaluate_orphaned_work('2001-02-03 09:00+00')$$,
  'before anything was spawned nothing is found');

-- edges: trap 11
alter table fleet.ps_sessions drop constraint ps_sessions_ended_at_check;
alter table fleet.active_spawns drop constraint active_spawns_spawn_time_check;
alter table fleet.active_spawns drop constraint active_spawns_completed_at_check;
insert into fleet.ps_sessions (id, project, ended_at, end_reason) overriding system value values (-505, 'poison', '-infinity', 'x');
insert into fleet.active_spawns (
  id, project, task_id, spawn_time, ps_session_id, parent_spawn_id, status, completed_at) overriding system value
values
  (-701, 'poison', 'a', '-infinity', -505, null, 'running', null),
  (-702, 'poison', 'b', '2001-02-03 10:00+00', -505, null, 'running', null),
  (-703, 'poison', 'c', '2001-02-03 10:00+00', null, -704, 'running', null),
  (-704, 'poison', 'parent', '2001-02-03 10:00+00', null, null, 'failed', '-infinity');
create temporary table poisoned (like found);
select lives_ok(
  $$insert into poisoned select * from fleet_internal.evaluate_orphaned_work('2001-02-03 12:00+00')$$,
  'trap 11: rows with infinite times do not make the check fail');
select set_eq(
  $$select subject, message <> '' from poisoned where project = 'poison' and status = 'warning'$$,
  $$values ('poison/a', true), ('poison/b', true), ('poison/c', true)$$, 'they are found, each with a message');
select set_eq(
  $$select subject, status from poisoned where project <> 'poison'$$, 'select subject, status from found', 'and hide no other');

select * from finish();

rollback;
