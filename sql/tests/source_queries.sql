-- Every query that documents 1 and 2 print and that concerns what exists runs as printed, with search_path = fleet and
-- nothing else; positional calls with the sources' argument counts, varchar-typed, work. The printed queries read now(),
-- so their rows are made relative to it.
begin;
select plan(44);

create function pg_temp.run_printed(p_sql text) returns bigint language plpgsql set search_path = fleet as $$
declare
  v_rows bigint;
begin
  execute p_sql;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;

create function pg_temp.ask_printed(p_sql text) returns text language plpgsql set search_path = fleet as $$
declare
  v_answer text;
begin
  execute p_sql into v_answer;
  return v_answer;
end
$$;

select count(*) as done from fleet.ensure_partitions() \gset
select count(*) as done from fleet.ensure_partitions(now() - interval '2 hours') \gset
select count(*) as done from fleet.ensure_partitions(now() - interval '31 days') \gset
select fleet.start_session('consilio', 'cli', 'consilio-ps', p_at => now() - interval '2 hours') as session_id \gset
select fleet.update_session_context('consilio', 75, 150000, 200000, now() - interval '70 minutes') as done \gset
select fleet.register_spawn('consilio', 'task-1', 'research', p_at => now() - interval '2 hours') as task_1_id \gset
select fleet.register_spawn('consilio', 'task-2', 'implementation', p_at => now() - interval '1 hour') as task_2_id \gset
select fleet.register_spawn('odin', 'task-1', p_at => now() - interval '1 hour') as odin_id \gset
select fleet.record_spawn_output('consilio', 'task-1', now() - interval '20 minutes') as done \gset
select fleet.record_spawn_output('consilio', 'task-2', now() - interval '1 minute') as done \gset
select fleet.record_health_check('consilio', 'spawn', 'warning', '{}', 'prompted', now() - interval '1 hour') as done \gset
select fleet.record_health_check('consilio', 'context', 'ok', '{}', null, now() - interval '31 days') as done \gset

-- document 1

select is(pg_temp.run_printed($$
SELECT * FROM active_spawns
WHERE project = 'consilio' AND status = 'running'
ORDER BY spawn_time DESC;
$$), 2::bigint, 'document 1, get active spawns for a project');

select is(pg_temp.run_printed($$
SELECT project, context_usage, estimated_tokens_used, last_context_check
FROM ps_sessions
WHERE project = 'consilio';
$$), 1::bigint, 'document 1, get session context usage');

select is(pg_temp.run_printed($$
SELECT check_time, check_type, status, action_taken
FROM health_checks
WHERE project = 'consilio' AND check_time > NOW() - INTERVAL '24 hours'
ORDER BY check_time DESC;
$$), 1::bigint, 'document 1, get recent health check history');

select is(pg_temp.ask_printed($$
SELECT task_id FROM active_spawns
WHERE status = 'running'
  AND last_output_change < NOW() - INTERVAL '15 minutes';
$$), 'task-1', 'document 1, find stalled spawns');
select is(pg_temp.run_printed($$
SELECT * FROM active_spawns
WHERE status = 'running'
  AND last_output_change < NOW() - INTERVAL '15 minutes';
$$), 1::bigint, 'document 1, find stalled spawns, as printed');

select is(pg_temp.run_printed($$
SELECT project, context_usage, last_context_check
FROM ps_sessions
WHERE context_usage > 0.70
ORDER BY context_usage DESC;
$$), 1::bigint, 'document 1, find high-context sessions');

select is(pg_temp.run_printed($$
DELETE FROM health_checks
WHERE check_time < NOW() - INTERVAL '30 days';
$$), 1::bigint, 'document 1, cleanup query');

select is_empty(format($$select column_name from unnest(%L::text[]) as c (column_name)
    where not exists (select from information_schema.columns as i where i.table_schema = 'fleet' and i.table_name = %L and i.column_name = c.column_name)$$,
    t.columns, t.table_name),
  'every column that the documents print exists in ' || t.table_name)
from (values
  (1, 'ps_sessions', '{id,project,session_type,session_id,started_at,last_activity,last_context_check,context_usage,estimated_tokens_used,
    estimated_tokens_total,created_at,updated_at,handoff_file_path}'),
  (2, 'active_spawns', '{id,project,task_id,task_type,description,spawn_time,last_output_change,output_file,status,exit_code,error_message,
    completed_at,created_at,updated_at,failure_reason,parent_spawn_id}'),
  (3, 'health_checks', '{id,project,check_time,check_type,status,details,action_taken,ps_response,created_at}')) as t (no, table_name, columns)
order by t.no;
select has_index('fleet', i.table_name, i.index_name, 'index ' || i.index_name || ' bears the source''s name')
from (values
  ('active_spawns', 'idx_active_spawns_project'), ('active_spawns', 'idx_active_spawns_project_status'), ('active_spawns', 'idx_active_spawns_spawn_time'),
  ('active_spawns', 'idx_active_spawns_status'), ('health_checks', 'idx_health_checks_check_time'), ('health_checks', 'idx_health_checks_check_type'),
  ('health_checks', 'idx_health_checks_project'), ('health_checks', 'idx_health_checks_project_status'), ('health_checks', 'idx_health_checks_status'),
  ('ps_sessions', 'idx_ps_sessions_project')) as i (table_name, index_name)
order by i.table_name, i.index_name;

-- document 2

select is(pg_temp.ask_printed($$select task_id from get_stalled_spawns('consilio'::varchar)$$), 'task-1',
  'document 2, get_stalled_spawns(p_project VARCHAR)');
select is(pg_temp.run_printed($$select id, task_id, task_type, spawn_time, minutes_stalled from get_stalled_spawns('consilio')$$), 1::bigint,
  'with the columns id, task_id, task_type, spawn_time, minutes_stalled');
select is(pg_temp.ask_printed($$select round(minutes_stalled) from get_stalled_spawns('consilio')$$), '20', 'minutes_stalled are minutes without output');
select is(pg_temp.ask_printed($$select project from get_sessions_needing_context_check()$$), 'consilio', 'document 2, get_sessions_needing_context_check()');
select is(pg_temp.run_printed($$select project, session_type, session_id, minutes_since_check, current_usage from get_sessions_needing_context_check()
  where minutes_since_check = 70 and current_usage = 0.75$$), 1::bigint, 'with the columns project, session_type, session_id, minutes_since_check, current_usage');
select is(pg_temp.run_printed($$select update_session_context('consilio'::varchar, 31.6, 63153, 200000)$$), 1::bigint,
  'document 2, update_session_context with four arguments by position');
select is(pg_temp.run_printed($$select update_session_context('consilio'::varchar, 31.6::float, 63153::integer, 200000::integer)$$), 1::bigint,
  'with a float and integers, as the sources declare them');
select is(pg_temp.run_printed($$select 1 from ps_sessions where context_usage = 0.316 and estimated_tokens_used = 63153 and estimated_tokens_total = 200000
  and last_context_check = now() and last_activity = now()$$), 1::bigint,
  'updates context_usage, estimated_tokens_used, estimated_tokens_total, last_context_check, last_activity');
select is(pg_temp.run_printed($$select 1 from get_sessions_needing_context_check()$$), 0::bigint, 'after which the session needs no check');
select isnt(pg_temp.ask_printed($$select record_health_check('consilio'::varchar, 'spawn'::varchar, 'ok'::varchar, '{"running": 2}'::jsonb, 'none'::varchar)$$),
  null, 'document 2, record_health_check with five arguments by position returns an id');
select is(pg_temp.ask_printed($$select action_taken from health_checks where details = '{"running": 2}'$$), 'none', 'and it is recorded');
select is(pg_temp.run_printed($$SELECT project, session_type, session_id, context_usage, last_context_check, active_spawns_count, latest_spawn_time
  FROM active_monitoring_targets$$), 2::bigint, 'document 2, view active_monitoring_targets with its columns');
select is(pg_temp.ask_printed($$SELECT active_spawns_count FROM active_monitoring_targets WHERE project = 'consilio'$$), '2', 'it counts the running spawns');
select is(pg_temp.run_printed($$SELECT * FROM active_monitoring_targets WHERE session_id IS NULL$$), 1::bigint,
  'it shows projects without a session too: a full outer join');
select is(pg_temp.run_printed($$SELECT project, check_date, check_type, status, check_count, last_check_time
  FROM health_check_summary WHERE project = 'consilio' AND status = 'warning'$$), 1::bigint, 'document 2, view health_check_summary with its columns');
select is(pg_temp.ask_printed($$SELECT sum(check_count) FROM health_check_summary WHERE project = 'consilio'$$), '2', 'it counts the checks of the last 7 days');
select is(pg_temp.ask_printed($$SELECT check_date = (last_check_time AT TIME ZONE 'UTC')::date FROM health_check_summary
  WHERE project = 'consilio' AND status = 'warning'$$), 'true', 'by day');
select is(pg_temp.run_printed($$SELECT record_check_response('consilio', id, 'will do') FROM health_checks WHERE status = 'warning'$$), 1::bigint,
  'ps_response is written by a call with three arguments');
select is(pg_temp.ask_printed($$SELECT ps_response FROM health_checks WHERE status = 'warning'$$), 'will do', 'and read as any column');
select is(pg_temp.run_printed($$insert into active_spawns (project, task_id, task_type, description, output_file) values ('consilio', 'task-3', 'research', 'by hand', '/tmp/x')$$),
  1::bigint, 'an insert as the sources'' callers write it works for the owner, with the sources'' defaults');
select results_eq($$select status, spawn_time = now(), last_output_change from fleet.active_spawns where task_id = 'task-3'$$,
  $$values ('running', true, null::timestamptz)$$, 'status running, spawn_time now, no output');
select throws_ok($$insert into fleet.active_spawns (project, task_id) values ('consilio', 'task-1')$$, '23505', null, 'project and task_id are unique');
select throws_ok($$insert into fleet.ps_sessions (project) values ('consilio')$$, '23505', null, 'project is unique in ps_sessions');
select throws_ok($$update fleet.ps_sessions set context_usage = 1.01$$, '23514', null, 'context_usage is between 0 and 1');

select * from finish();
rollback;
