begin;

\ir ../../support/helpers.psql

select plan(16);

-- contract
select has_function('fleet_internal', 'lock_spawn', array['text', 'text', 'timestamp with time zone'], 'lock_spawn takes its arguments in this order');
select function_returns('fleet_internal', 'lock_spawn', array['text', 'text', 'timestamp with time zone'], 'bigint', 'it returns bigint');
select volatility_is('fleet_internal', 'lock_spawn', 'volatile', 'it locks');
select isnt_definer('fleet_internal', 'lock_spawn', array['text', 'text', 'timestamp with time zone'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.lock_spawn(text,text,timestamptz)'), '{}'::text[], 'nobody but its owner may call it');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.spawn_history (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'p', 't', '2001-02-01 00:00+00', 'failed', '2001-02-01 01:00+00', now(), now(), 1);
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-2, 'p', 't', '2001-03-01 00:00+00', 'failed', '2001-03-01 01:00+00', now(), now(), 2);
insert into fleet.active_spawns (id, project, task_id, spawn_time, attempt) overriding system value
values (-3, 'p', 't', '2001-04-01 00:00+00', 3), (-9, 'p', 'other', '2001-04-01 00:00+00', 1);

-- behaviour
select is(fleet_internal.lock_spawn('p', 't', at), id::bigint, label)
from (values
  (timestamptz '2001-05-01 00:00+00', -3, 'what is of now belongs to the attempt that runs'),
  ('2001-04-01 00:00+00', -3, 'from the instant of its spawn on'),
  ('2001-03-31 23:59:59.999999+00', -2, 'what is of before belongs to the attempt before, even after that ended'),
  ('2001-03-01 00:00+00', -2, 'in the overflow'),
  ('2001-02-28 00:00+00', -1, 'or in a partition of the history'),
  ('2000-01-01 00:00+00', -1, 'what is of before the first spawn belongs to the first')
) as t (at, id, label);
select is(
  (select count(*) from fleet.active_spawns where xmax = pg_current_xact_id()::xid), 1::bigint, 'it locks the task''s live row, and no other');
select is(
  (select count(*) from fleet.spawn_history where xmax = pg_current_xact_id()::xid)
  + (select count(*) from fleet.spawn_history_overflow where xmax = pg_current_xact_id()::xid), 2::bigint,
  'and the archived rows it returned');
delete from fleet.active_spawns where task_id = 't';
select is(fleet_internal.lock_spawn('p', 't', '2001-05-01 00:00+00'), -2::bigint, 'without a live row, the latest archived one');

-- errors
select throws_ok($$select fleet_internal.lock_spawn('nobody', 't', '2001-05-01 00:00+00')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select fleet_internal.lock_spawn('p', 'nothing', '2001-05-01 00:00+00')$$, 'MF002', null, 'an unknown task too');

select * from finish();

rollback;
