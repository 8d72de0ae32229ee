begin;

\ir ../../support/helpers.psql

select plan(17);

-- contract
select has_function('fleet_internal', 'archive_spawns', array['text', 'text[]'], 'archive_spawns takes its arguments in this order');
select function_returns('fleet_internal', 'archive_spawns', array['text', 'text[]'], 'bigint', 'it returns bigint');
select volatility_is('fleet_internal', 'archive_spawns', array['text', 'text[]'], 'volatile', 'it writes');
select isnt_definer('fleet_internal', 'archive_spawns', array['text', 'text[]'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.archive_spawns(text,text[])'), '{}'::text[], 'nobody but its owner may call it');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.active_spawns (
  project, task_id, task_type, description, spawn_time, last_output_change, output_file, status, exit_code, error_message,
  completed_at, failure_reason, parent_spawn_id, host, ps_session_id, attempt, event_id, last_checked_at, error_line, output_problem,
  tokens_used, cost_usd)
values
  ('p', 'full', 'research', 'words', '2001-02-03 04:00+00', '2001-02-03 04:10+00', '/tmp/x', 'failed', 7, 'broke',
    '2001-02-03 05:00+00', 'timeout', 5, 'h', 6, 3, '00000000-0000-0000-0000-000000000001', '2001-02-03 04:20+00', 'Error: x',
    'missing: y', 12, 0.5);
insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at)
values
  ('p', 'edge', '2001-02-03 04:00+00', 'completed', '2001-03-01 00:00+00'),
  ('p', 'first', '2001-01-03 04:00+00', 'abandoned', '2001-02-01 00:00+00'),
  ('p', 'open', '2001-02-03 04:00+00', 'running', null),
  ('p', 'other', '2001-02-03 04:00+00', 'completed', '2001-02-03 05:00+00'),
  ('q', 'full', '2001-02-03 04:00+00', 'completed', '2001-02-03 05:00+00');
create temporary table before as select to_jsonb(a) as fields from fleet.active_spawns as a where project = 'p' and task_id = 'full';

-- behaviour
select is(
  fleet_internal.archive_spawns('p', array['full', 'edge', 'first', 'open', 'nobody', 'full']), 3::bigint,
  'it returns how many ended spawns moved');
select bag_eq(
  $$select project, task_id from fleet.active_spawns$$, $$values ('p', 'open'), ('p', 'other'), ('q', 'full')$$,
  'open ones, other tasks and other projects stay');
select bag_eq($$select task_id from fleet.spawn_history$$, $$values ('full'), ('first')$$, 'each goes to the partition of its end');
select bag_eq(
  $$select task_id from fleet.spawn_history_overflow$$, $$values ('edge')$$,
  'one for whose end no partition exists goes to the overflow: the upper bound is the next month''s');
select is(
  (select to_jsonb(h) - 'archived_at' from fleet.spawn_history as h where h.task_id = 'full'),
  (select b.fields - 'stalled_at' from before as b), 'a row moves whole: every column, the id too');
select is((select h.archived_at from fleet.spawn_history as h where h.task_id = 'full'), now(), 'with the time of its moving');
select bag_eq(
  $$select a.attname::text from pg_attribute as a where a.attrelid = 'fleet.spawn_history'::regclass and a.attnum > 0 and not a.attisdropped
    and a.attname <> 'archived_at'$$,
  $$select a.attname::text from pg_attribute as a where a.attrelid = 'fleet.active_spawns'::regclass and a.attnum > 0 and not a.attisdropped
    and a.attname <> 'stalled_at'$$, 'the history has every column of active_spawns but the mark of an open one');

-- edges
select is(fleet_internal.archive_spawns('p', '{}'), 0::bigint, 'no task, nothing moves');
select is(fleet_internal.archive_spawns('p', null), 0::bigint, 'nor with null');
select is(fleet_internal.archive_spawns('p', array['full']), 0::bigint, 'what has moved does not move again');
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'German';
select is(fleet_internal.archive_spawns('p', array['other']), 1::bigint, 'the session''s settings do not matter');
select is((select count(*) from fleet.spawn_history where task_id = 'other'), 1::bigint, 'its row finds its partition');

select * from finish();

rollback;
