begin;

\ir ../../support/helpers.psql

select plan(10);

-- contract
select has_view('fleet', 'spawns', 'the view is there');
select columns_are(
  'fleet', 'spawns',
  array['id', 'project', 'task_id', 'attempt', 'task_type', 'description', 'status', 'spawn_time', 'last_output_change', 'completed_at',
    'output_file', 'host', 'exit_code', 'error_message', 'failure_reason', 'parent_spawn_id', 'ps_session_id', 'event_id', 'is_archived',
    'tokens_used', 'cost_usd'],
  'it has these columns');
select is(pg_temp.grants('fleet.spawns'), array['fleet_reader SELECT'], 'readers may select, nobody else');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.active_spawns (
  project, task_id, task_type, description, spawn_time, last_output_change, output_file, status, exit_code, error_message,
  completed_at, failure_reason, parent_spawn_id, host, ps_session_id, attempt, event_id, tokens_used, cost_usd)
select
  'p', 't' || n, 'research', 'words', '2001-02-03 04:00+00', '2001-02-03 04:10+00', '/tmp/x', 'failed', 7, 'broke',
  timestamptz '2001-02-03 05:00+00' + n * interval '1 month', 'timeout', 500000 + n, 'h', 6, n + 1, '00000000-0000-0000-0000-000000000001',
  10 + n, 0.25
from generate_series(0, 2) as g (n);
insert into fleet.active_spawns (project, task_id, spawn_time) values ('p', 'open', '2001-02-03 04:00+00');
create temporary table before as select * from fleet.spawns;

-- behaviour
select is((select count(*) from fleet.spawns where not is_archived), 4::bigint, 'open and ended spawns are in it');
select is(fleet_internal.archive_spawns('p', array['t0', 't1']), 2::bigint, 'two of them move to the history');
select set_eq(
  'select task_id, is_archived from fleet.spawns', $$values ('open', false), ('t0', true), ('t1', true), ('t2', false)$$,
  'archived ones are in it too, from the partitions and from the overflow');
select is(
  (select count(*) from fleet.spawns), (select count(*) from (select distinct project, id from fleet.spawns) as k),
  'project and id are its key');
select set_eq(
  $$select to_jsonb(s) - 'is_archived' from fleet.spawns as s$$, $$select to_jsonb(b) - 'is_archived' from before as b$$,
  'moving changes nothing of what it shows');

-- privileges
set local role fleet_reader;
select isnt_empty('select from fleet.spawns', 'a reader may select');
reset role;
set local role fleet_writer;
select throws_ok('select from fleet.spawns', '42501', null, 'a writer may not');
reset role;

select * from finish();

rollback;
