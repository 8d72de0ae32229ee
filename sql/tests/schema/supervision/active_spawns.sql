begin;

\ir ../../support/helpers.psql

select plan(91);

\set sound '{"id": -1, "project": "p", "task_id": "t", "spawn_time": "2001-02-03 04:00:00+00", "status": "running", "created_at": "2001-02-03 04:00:00+00", "updated_at": "2001-02-03 04:00:00+00", "attempt": 1}'

-- contract
select has_table('fleet', 'active_spawns', 'the table is there');
select columns_are(
  'fleet', 'active_spawns',
  array['id', 'project', 'task_id', 'task_type', 'description', 'spawn_time', 'last_output_change', 'output_file', 'status',
    'exit_code', 'error_message', 'completed_at', 'created_at', 'updated_at', 'failure_reason', 'parent_spawn_id', 'host',
    'ps_session_id', 'attempt', 'event_id', 'stalled_at', 'last_checked_at', 'error_line', 'output_problem', 'tokens_used', 'cost_usd'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'active_spawns', array['project', 'task_id'], 'one row a task');
select indexes_are(
  'fleet', 'active_spawns', array['active_spawns_pkey', 'active_spawns_project_id_key', 'idx_active_spawns_project',
  'idx_active_spawns_project_status', 'idx_active_spawns_spawn_time', 'idx_active_spawns_status', 'active_spawns_completed_at_idx', 'active_spawns_project_parent_spawn_id_idx'], 'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.active_spawns'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('active_spawns', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('active_spawns', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'active_spawns_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'active_spawns_project_check', 'an empty project is refused'),
  (jsonb_build_object('task_id', repeat('x', 200)), 'accepted', 'task_id of 200 characters is accepted'),
  (jsonb_build_object('task_id', repeat('x', 201)), 'active_spawns_task_id_check', 'one of 201 is refused'),
  (jsonb '{"task_id": ""}', 'active_spawns_task_id_check', 'an empty task_id is refused'),
  (jsonb_build_object('task_type', repeat('x', 200)), 'accepted', 'task_type of 200 characters is accepted'),
  (jsonb_build_object('task_type', repeat('x', 201)), 'active_spawns_task_type_check', 'one of 201 is refused'),
  (jsonb '{"task_type": ""}', 'active_spawns_task_type_check', 'an empty task_type is refused'),
  (jsonb_build_object('description', repeat('x', 10000)), 'accepted', 'description of 10000 characters is accepted'),
  (jsonb_build_object('description', repeat('x', 10001)), 'active_spawns_description_check', 'one of 10001 is refused'),
  (jsonb '{"spawn_time": "infinity"}', 'active_spawns_spawn_time_check', 'spawn_time cannot be infinity'),
  (jsonb '{"spawn_time": "-infinity"}', 'active_spawns_spawn_time_check', 'spawn_time cannot be -infinity'),
  (jsonb '{"last_output_change": "infinity"}', 'active_spawns_last_output_change_check', 'last_output_change cannot be infinity'),
  (jsonb '{"last_output_change": "-infinity"}', 'active_spawns_last_output_change_check', 'last_output_change cannot be -infinity'),
  (jsonb_build_object('output_file', repeat('x', 4096)), 'accepted', 'output_file of 4096 characters is accepted'),
  (jsonb_build_object('output_file', repeat('x', 4097)), 'active_spawns_output_file_check', 'one of 4097 is refused'),
  (jsonb '{"output_file": ""}', 'active_spawns_output_file_check', 'an empty output_file is refused'),
  (jsonb '{"status": "completed", "completed_at": "2001-02-03 04:00:00+00"}', 'accepted', 'completed is a status, with its end'),
  (jsonb '{"status": "failed", "completed_at": "2001-02-03 04:00:00+00"}', 'accepted', 'failed is a status, with its end'),
  (jsonb '{"status": "abandoned", "completed_at": "2001-02-03 04:00:00+00"}', 'accepted', 'abandoned is a status, with its end'),
  (jsonb '{"status": "stalled", "stalled_at": "2001-02-03 04:00:00+00"}', 'accepted', 'stalled is a status, with its mark'),
  (jsonb '{"status": "done", "completed_at": "2001-02-03 04:00:00+00"}', 'active_spawns_status_check', 'done is none'),
  (jsonb '{"status": "", "completed_at": "2001-02-03 04:00:00+00"}', 'active_spawns_status_check', 'nor is nothing'),
  (jsonb '{"status": "completed"}', 'active_spawns_completed_at_check', 'completed without an end is refused'),
  (jsonb '{"status": "failed"}', 'active_spawns_completed_at_check', 'failed without an end is refused'),
  (jsonb '{"status": "abandoned"}', 'active_spawns_completed_at_check', 'abandoned without an end is refused'),
  (jsonb '{"status": "running", "completed_at": "2001-02-03 04:00:00+00"}', 'active_spawns_completed_at_check',
    'running with an end is refused'),
  (jsonb '{"status": "stalled", "stalled_at": "2001-02-03 04:00:00+00", "completed_at": "2001-02-03 04:00:00+00"}',
    'active_spawns_completed_at_check', 'stalled with an end is refused'),
  (jsonb '{"status": "stalled"}', 'active_spawns_stalled_at_check', 'stalled without its mark is refused'),
  (jsonb '{"stalled_at": "2001-02-03 04:00:00+00"}', 'active_spawns_stalled_at_check', 'running with the mark is refused'),
  (jsonb '{"status": "failed", "stalled_at": "2001-02-03 04:00:00+00", "completed_at": "2001-02-03 04:00:00+00"}',
    'active_spawns_stalled_at_check', 'failed with the mark is refused'),
  (jsonb '{"status": "stalled", "stalled_at": "infinity"}', 'active_spawns_stalled_at_check', 'stalled_at cannot be infinity'),
  (jsonb '{"status": "stalled", "stalled_at": "-infinity"}', 'active_spawns_stalled_at_check', 'stalled_at cannot be -infinity'),
  (jsonb '{"status": "failed", "completed_at": "2001-02-03 03:59:59.999999+00"}', 'active_spawns_completed_at_check',
    'an end before the spawn is refused'),
  (jsonb '{"status": "failed", "completed_at": "infinity"}', 'active_spawns_completed_at_check', 'completed_at cannot be infinity'),
  (jsonb '{"status": "failed", "completed_at": "-infinity"}', 'active_spawns_completed_at_check', 'completed_at cannot be -infinity'),
  (jsonb_build_object('error_message', repeat('x', 10000)), 'accepted', 'error_message of 10000 characters is accepted'),
  (jsonb_build_object('error_message', repeat('x', 10001)), 'active_spawns_error_message_check', 'one of 10001 is refused'),
  (jsonb_build_object('failure_reason', repeat('x', 1000)), 'accepted', 'failure_reason of 1000 characters is accepted'),
  (jsonb_build_object('failure_reason', repeat('x', 1001)), 'active_spawns_failure_reason_check', 'one of 1001 is refused'),
  (jsonb '{"parent_spawn_id": -2}', 'accepted', 'a parent needs no row: it may have moved on'),
  (jsonb '{"parent_spawn_id": -1}', 'active_spawns_parent_spawn_id_check', 'a spawn is not its own parent'),
  (jsonb_build_object('host', repeat('x', 255)), 'accepted', 'host of 255 characters is accepted'),
  (jsonb_build_object('host', repeat('x', 256)), 'active_spawns_host_check', 'one of 256 is refused'),
  (jsonb '{"host": ""}', 'active_spawns_host_check', 'an empty host is refused'),
  (jsonb '{"attempt": 2147483647}', 'accepted', 'attempts are counted without end'),
  (jsonb '{"attempt": 0}', 'active_spawns_attempt_check', 'from 1'),
  (jsonb '{"last_checked_at": "infinity"}', 'active_spawns_last_checked_at_check', 'last_checked_at cannot be infinity'),
  (jsonb '{"last_checked_at": "-infinity"}', 'active_spawns_last_checked_at_check', 'last_checked_at cannot be -infinity'),
  (jsonb_build_object('error_line', repeat('x', 1000)), 'accepted', 'error_line of 1000 characters is accepted'),
  (jsonb_build_object('error_line', repeat('x', 1001)), 'active_spawns_error_line_check', 'one of 1001 is refused'),
  (jsonb '{"output_problem": "missing"}', 'accepted', 'missing is a problem'),
  (jsonb '{"output_problem": "unreadable"}', 'accepted', 'unreadable is a problem'),
  (jsonb '{"output_problem": "irregular"}', 'accepted', 'irregular is a problem'),
  (jsonb '{"output_problem": "binary"}', 'accepted', 'binary is a problem'),
  (jsonb '{"output_problem": "oversized"}', 'accepted', 'oversized is a problem'),
  (jsonb '{"output_problem": "future_mtime: 3 h ahead"}', 'accepted', 'future_mtime: 3 h ahead is a problem'),
  (jsonb '{"output_problem": "bad_pattern: x"}', 'accepted', 'bad_pattern: x is a problem'),
  (jsonb '{"output_problem": ""}', 'active_spawns_output_problem_check', 'an empty problem is refused'),
  (jsonb '{"output_problem": "gone"}', 'active_spawns_output_problem_check', 'an unknown one is refused'),
  (jsonb '{"output_problem": "missing:x"}', 'active_spawns_output_problem_check', 'words without a blank behind the colon are refused'),
  (jsonb_build_object('output_problem', 'missing: ' || repeat('x', 991)), 'accepted', 'one of 1000 characters is accepted'),
  (jsonb_build_object('output_problem', 'missing: ' || repeat('x', 992)), 'active_spawns_output_problem_check', 'one of 1001 is refused'),
  (jsonb '{"tokens_used": 0, "cost_usd": 0}', 'accepted', 'nothing may be used'),
  (jsonb '{"tokens_used": 9223372036854775807, "cost_usd": 1e20}', 'accepted', 'and very much'),
  (jsonb '{"tokens_used": -1}', 'active_spawns_tokens_used_check', 'less than nothing may not'),
  (jsonb '{"cost_usd": -0.01}', 'active_spawns_cost_usd_check', 'nor may it cost less'),
  (jsonb '{"cost_usd": "NaN"}', 'active_spawns_cost_usd_check', 'trap 5: NaN is no cost'),
  (jsonb '{"cost_usd": "Infinity"}', 'active_spawns_cost_usd_check', 'nor is infinity')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('active_spawns', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['id', 'project', 'task_id', 'spawn_time', 'status', 'created_at', 'updated_at', 'attempt', 'tokens_used', 'cost_usd']
) as u (c);

-- behaviour
insert into fleet.active_spawns (project, task_id) values ('p', 't');
select results_eq(
  $$select status, spawn_time, last_output_change, exit_code, completed_at, attempt from fleet.active_spawns$$,
  $$values ('running', now(), null::timestamptz, null::integer, null::timestamptz, 1)$$,
  'a row that names its task alone is a first attempt that runs since now and has not written');
select is(
  pg_temp.refusal($$insert into fleet.active_spawns (project, task_id) values ('p', 't')$$), 'active_spawns_pkey', 'a task has one row');
select is(
  pg_temp.refusal($$insert into fleet.active_spawns (project, task_id) values ('q', 't')$$), 'accepted',
    'a task is unique in its project only');
select is(
  pg_temp.refusal($$insert into fleet.active_spawns (project, task_id, exit_code) values ('q', 't', 2147483648)$$), '22003',
  'an exit code is an integer');
select is(
  (select pg_get_expr(i.indpred, i.indrelid) from pg_index as i where i.indexrelid = 'fleet.idx_active_spawns_project'::regclass),
  '(status = ANY (ARRAY[''running''::text, ''stalled''::text]))', 'the hot path''s index holds open rows only');

select * from finish();

rollback;
