begin;

\ir ../../support/helpers.psql

select plan(16);

-- contract
select has_function(
  'fleet_internal', 'find_registration', array['text', 'text', 'uuid', 'timestamp with time zone'],
  'find_registration takes its arguments in this order');
select function_returns(
  'fleet_internal', 'find_registration', array['text', 'text', 'uuid', 'timestamp with time zone'], 'bigint',
  'it returns bigint');
select volatility_is(
  'fleet_internal', 'find_registration', array['text', 'text', 'uuid', 'timestamp with time zone'], 'stable',
  'it only reads');
select isnt_definer(
  'fleet_internal', 'find_registration', array['text', 'text', 'uuid', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.find_registration(text,text,uuid,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

insert into fleet.active_spawns (id, project, task_id, spawn_time, event_id, attempt) overriding system value
values
  (-11, 'p', 'with id', '2001-02-03 04:00+00', '00000000-0000-0000-0000-000000000001', 2),
  (-12, 'p', 'without', '2001-02-03 04:00+00', null, 2);
insert into fleet.spawn_history_overflow (
  id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt, event_id)
values
  (-1, 'p', 'with id', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1, '00000000-0000-0000-0000-000000000002'),
  (-2, 'p', 'without', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1, null);

-- behaviour
select is(fleet_internal.find_registration('p', task, event::uuid, at::timestamptz), id::bigint, label)
from (values
  ('with id', '00000000-0000-0000-0000-000000000001', '2001-02-03 04:00+00', -11, 'the same event id is the same registration'),
  ('with id', '00000000-0000-0000-0000-000000000001', '2001-03-03 04:00+00', -11, 'whatever its time'),
  ('with id', '00000000-0000-0000-0000-000000000002', '2001-02-02 04:00+00', -1, 'also that of an attempt that has ended'),
  ('with id', '00000000-0000-0000-0000-000000000003', '2001-02-03 04:00+00', null, 'another event id is another, at the same time even'),
  ('with id', null, '2001-02-03 04:00+00', null, 'without an id none with one is meant'),
  ('without', null, '2001-02-03 04:00+00', -12, 'without an id on either side the time decides'),
  ('without', null, '2001-02-02 04:00+00', -2, 'also for an attempt that has ended'),
  ('without', null, '2001-02-03 04:00:00.000001+00', null, 'to the microsecond'),
  ('without', '00000000-0000-0000-0000-000000000001', '2001-02-03 04:00+00', null, 'an id where there was none is another registration'),
  ('other', null, '2001-02-03 04:00+00', null, 'another task is another')
) as t (task, event, at, id, label);
select is(
  fleet_internal.find_registration('q', 'with id', '00000000-0000-0000-0000-000000000001', '2001-02-03 04:00+00'), null,
  'another project is another, though the event id be the same');

select * from finish();

rollback;
