begin;

\ir ../../support/helpers.psql

select plan(48);

\set sound '{"id": -1, "project": "p", "task_id": "t", "spawn_time": "2001-02-03 04:00:00+00", "status": "failed", "completed_at": "2001-02-03 04:00:00+00", "created_at": "2001-02-03 04:00:00+00", "updated_at": "2001-02-03 04:00:00+00", "attempt": 1, "archived_at": "2001-02-03 04:00:00+00"}'

-- contract
select has_table('fleet', 'spawn_history', 'the table is there');
select columns_are(
  'fleet', 'spawn_history',
  array['id', 'project', 'task_id', 'task_type', 'description', 'spawn_time', 'last_output_change', 'output_file', 'status',
    'exit_code', 'error_message', 'completed_at', 'created_at', 'updated_at', 'failure_reason', 'parent_spawn_id', 'host',
    'ps_session_id', 'attempt', 'event_id', 'last_checked_at', 'error_line', 'output_problem', 'archived_at', 'tokens_used', 'cost_usd'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'spawn_history', array['project', 'completed_at', 'id'], 'project, end and id are its key');
select indexes_are(
  'fleet', 'spawn_history', array['spawn_history_pkey', 'spawn_history_project_id_idx', 'spawn_history_project_parent_spawn_id_idx',
  'spawn_history_project_task_id_idx'], 'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.spawn_history'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
select is(pg_temp.refusal_of('spawn_history', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('spawn_history', :'sound', change), expected, label)
from (values
  (jsonb '{"status": "completed"}', 'accepted', 'completed is an end'),
  (jsonb '{"status": "abandoned"}', 'accepted', 'abandoned is an end'),
  (jsonb '{"status": "running"}', 'spawn_history_status_check', 'running is none'),
  (jsonb '{"status": "stalled"}', 'spawn_history_status_check', 'nor is stalled'),
  (jsonb '{"completed_at": "2001-02-03 03:59:59+00"}', 'spawn_history_completed_at_check', 'an end before the spawn is refused'),
  (jsonb '{"completed_at": "2001-02-03 04:00:00+00"}', 'accepted', 'an end with the spawn is accepted')
) as t (change, expected, label);

-- edges: the overflow table refuses the same
select is(pg_temp.refusal_of('spawn_history_overflow', :'sound', change), expected, label)
from (values
  (jsonb '{"status": "completed"}', 'accepted', 'completed is an end'),
  (jsonb '{"status": "abandoned"}', 'accepted', 'abandoned is an end'),
  (jsonb '{"status": "running"}', 'spawn_history_status_check', 'running is none'),
  (jsonb '{"status": "stalled"}', 'spawn_history_status_check', 'nor is stalled'),
  (jsonb '{"completed_at": "2001-02-03 03:59:59+00"}', 'spawn_history_completed_at_check', 'an end before the spawn is refused'),
  (jsonb '{"completed_at": "2001-02-03 04:00:00+00"}', 'accepted', 'an end with the spawn is accepted')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('spawn_history', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['id', 'project', 'task_id', 'spawn_time', 'status', 'created_at', 'updated_at', 'attempt', 'archived_at', 'tokens_used', 'cost_usd']
) as u (c);

select is(
  pg_temp.refusal_of('spawn_history_overflow', :'sound', jsonb_build_object(c, null)), '23502 ' || c,
    c || ' must be given in the overflow too')
from unnest(
  array['id', 'project', 'task_id', 'spawn_time', 'status', 'completed_at', 'created_at', 'updated_at', 'attempt', 'archived_at', 'tokens_used', 'cost_usd']
) as u (c);

-- behaviour
select is(
  pg_temp.refusal_of('spawn_history', :'sound', '{"completed_at": "2001-03-01 00:00:00+00"}'), '23514',
    'a row without a partition is refused by the table');
select is(
  pg_temp.refusal_of('spawn_history_overflow', :'sound', '{"completed_at": "2001-03-01 00:00:00+00"}'), 'accepted',
    'and taken by the overflow');
select columns_are(
  'fleet', 'spawn_history_overflow',
  array['id', 'project', 'task_id', 'task_type', 'description', 'spawn_time', 'last_output_change', 'output_file', 'status',
    'exit_code', 'error_message', 'completed_at', 'created_at', 'updated_at', 'failure_reason', 'parent_spawn_id', 'host',
    'ps_session_id', 'attempt', 'event_id', 'last_checked_at', 'error_line', 'output_problem', 'archived_at', 'tokens_used', 'cost_usd'],
  'the overflow has the same columns');
select is(
  pg_temp.grants('fleet.spawn_history_overflow'), array['fleet_reader SELECT'],
  'readers may select from the overflow, nobody else');
select is(
  (select count(*) from pg_partitioned_table as p where p.partrelid = 'fleet.spawn_history'::regclass and p.partdefid <> 0), 0::bigint,
  'trap 16: there is no default partition');
select is(
  pg_temp.refusal_of('spawn_history_overflow', :'sound', jsonb_build_object('completed_at', at)),
  'spawn_history_completed_at_check', label)
from (values ('infinity', 'completed_at cannot be infinity'), ('-infinity', 'completed_at cannot be -infinity')) as t (at, label);

select * from finish();

rollback;
