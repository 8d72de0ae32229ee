begin;

\ir ../../support/helpers.psql

select plan(31);

-- contract
select has_function(
  'fleet_internal', 'end_spawn', array['text', 'text', 'text', 'text', 'integer', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'end_spawn takes its arguments in this order');
select function_returns(
  'fleet_internal', 'end_spawn', array['text', 'text', 'text', 'text', 'integer', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'bigint', 'it returns bigint');
select volatility_is(
  'fleet_internal', 'end_spawn', array['text', 'text', 'text', 'text', 'integer', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'end_spawn', array['text', 'text', 'text', 'text', 'integer', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.end_spawn(text,text,text,text,integer,text,text,bigint,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

insert into fleet.active_spawns (id, project, task_id, spawn_time, status, stalled_at) overriding system value
values
  (-31, 'p', 'a', '2001-02-03 04:00+00', 'running', null),
  (-32, 'p', 'b', '2001-02-03 04:00+00', 'stalled', '2001-02-03 04:30+00'),
  (-33, 'p', 'c', '2001-02-03 04:00+00', 'running', null),
  (-34, 'p', 'd', '2001-02-03 04:00+00', 'running', null);
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values
  (-1, 'p', 'a', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1),
  (-2, 'p', 'old', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1);
update fleet.active_spawns set attempt = 2 where task_id = 'a';

-- behaviour
select is(
  fleet_internal.end_spawn('t', 'p', 'a', 'failed', 3, 'it broke', 'timeout', null, '2001-02-03 05:00+00'), -31::bigint,
  'the id of the latest attempt is returned, not of one that ended the same way before');
select results_eq(
  $$select status, exit_code, error_message, failure_reason, completed_at from fleet.active_spawns where task_id = 'a'$$,
  $$values ('failed', 3, 'it broke', 'timeout', timestamptz '2001-02-03 05:00+00')$$, 'what was told is recorded');
select is(
  fleet_internal.end_spawn('t', 'p', 'a', 'failed', 3, 'it broke', 'timeout', null, '2001-02-03 06:00+00'), -31::bigint,
  'told again of the same end it returns the same id');
select results_eq(
  $$select completed_at from fleet.active_spawns where task_id = 'a'$$, $$values (timestamptz '2001-02-03 05:00+00')$$,
  'and nothing changes');
select is(
  fleet_internal.end_spawn('t', 'p', 'b', 'completed', 0, null, null, null, '2001-02-03 05:00+00'), -32::bigint, 'a stalled spawn may end');
select results_eq(
  $$select status, stalled_at from fleet.active_spawns where task_id = 'b'$$, $$values ('completed', null::timestamptz)$$,
  'and is stalled no more');
select is(
  fleet_internal.end_spawn('t', 'p', 'c', 'completed', 0, null, null, null, '2001-02-03 04:00+00'), -33::bigint,
  'a spawn may end at the instant it was spawned');
select is(
  fleet_internal.end_spawn('t', 'p', 'old', 'failed', 1, null, null, null, '2001-02-02 06:00+00'), -2::bigint,
  'an end told again after the row has moved is a repeat still');

-- edges
select is(
  fleet_internal.end_spawn('t', 'p', 'd', 'failed', -2147483648, repeat('x', 20000), repeat('y', 2000), null, '2999-01-01 00:00+00'),
  -34::bigint, 'a message that is too long is no reason to lose the event');
select ok(
  (select length(a.error_message) <= 10000 and length(a.failure_reason) <= 1000 and a.error_message like '%20000 characters%'
  from fleet.active_spawns as a where a.task_id = 'd'), 'it is cut, and says so');
select ok(
  (select a.completed_at <= clock_timestamp() from fleet.active_spawns as a where a.task_id = 'd'),
  'an end in the future is not believed');
select results_eq(
  'select routing_key, source from fleet.clock_anomalies', $$values ('p', 't')$$, 'but recorded, under the name of the function told');

-- edges: the attempt is named
insert into fleet.active_spawns (id, project, task_id, spawn_time, attempt) overriding system value
values (-51, 'named', 't', '2001-02-03 06:00+00', 2);
select throws_ok(
  $$select fleet_internal.end_spawn('t', 'named', 't', 'completed', 0, null, null, -50, '2001-02-03 07:00+00')$$, 'MF002', null,
  'an attempt that the task never had is unknown');
select is(
  fleet_internal.end_spawn('t', 'named', 't', 'completed', 0, null, null, -51, '2001-02-03 07:00+00'), -51::bigint,
  'the named attempt ends');

-- errors
insert into fleet.active_spawns (project, task_id, spawn_time) values ('p', 'open', '2001-02-03 04:00+00');
select throws_ok(
  format('select fleet_internal.end_spawn(%L, %L, %L, %L, null, null, null, null, %L)', 't', project, task, status, at), state,
  null, label)
from (values
  ('p', 'a', 'completed', '2001-02-03 05:00+00', 'MF005', 'another end than the recorded one is an error'),
  ('p', 'a', 'abandoned', '2001-02-03 05:00+00', 'MF005', 'abandoning what failed is one'),
  ('p', 'old', 'completed', '2001-02-02 05:00+00', 'MF005', 'also after the row has moved'),
  ('p', 'open', 'completed', '2001-02-03 03:59:59+00', 'MF003', 'a spawn cannot end before it was spawned'),
  ('p', 'open', 'completed', null, 'MF003', 'no instant is an error'),
  ('p', 'open', 'completed', 'infinity', 'MF003', 'infinity is an error'),
  ('p', 'none', 'completed', '2001-02-03 05:00+00', 'MF002', 'an unknown task is an error'),
  ('q', 'a', 'completed', '2001-02-03 05:00+00', 'MF001', 'an unknown project is an error'),
  (null, 'a', 'completed', '2001-02-03 05:00+00', 'MF003', 'no project is an error'),
  ('p', null, 'completed', '2001-02-03 05:00+00', 'MF003', 'no task is an error'),
  ('*', 'a', 'completed', '2001-02-03 05:00+00', 'MF003', 'a star is no project')
) as t (project, task, status, at, state, label);
select is((select a.status from fleet.active_spawns as a where a.task_id = 'open'), 'running', 'what was refused has changed nothing');

select * from finish();

rollback;
