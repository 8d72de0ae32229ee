begin;
select plan(68);

create function pg_temp.run_as(p_role text, p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute format('set local role %I', p_role);
  execute p_sql into v_answer;
  reset role;
  return v_answer;
end
$$;

create function pg_temp.answer(p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute p_sql into v_answer;
  return v_answer;
exception
  when others then
    return sqlstate;
end
$$;

-- contract

select has_function('fleet', 'register_spawn',
  array['text', 'text', 'text', 'text', 'text', 'text', 'text', 'uuid', 'timestamp with time zone'],
  'register_spawn takes project, task, type, description, output file, parent task, host, event id and time');
select function_returns('fleet', 'register_spawn', 'bigint', 'register_spawn returns the id of the spawn');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.register_spawn(''w'', ''w'')')$$,
  'a writer may register a spawn, holding no privilege on the table');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.register_spawn(''w'', ''w'')')$$, '42501', null,
  'a reader may not register a spawn');

-- behaviour

select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 08:00+00') as session_id \gset
select fleet.register_spawn('p', 'mother', p_at => '2026-03-02 09:00+00') as mother_id \gset
select fleet.register_spawn('p', 't', 'research', 'find out', '/tmp/t.log', 'mother', 'h1', null, '2026-03-02 10:00+00') as t_id \gset
select results_eq(
  $$select project, task_id, task_type, description, output_file, host, spawn_time, status, attempt, last_output_change,
      completed_at, exit_code from fleet.active_spawns where task_id = 't'$$,
  $$values ('p', 't', 'research', 'find out', '/tmp/t.log', 'h1', timestamptz '2026-03-02 10:00+00', 'running', 1,
      null::timestamptz, null::timestamptz, null::integer)$$,
  'a registered spawn stands in active_spawns as it was told, running, without output');
select is((select id from fleet.active_spawns where task_id = 't'), :t_id::bigint, 'it returns the id of that row');
select is((select parent_spawn_id from fleet.active_spawns where task_id = 't'), :mother_id::bigint, 'its parent is the spawn of the parent task');
select is((select ps_session_id from fleet.active_spawns where task_id = 't'), :session_id::bigint,
  'it belongs to the live session of its project');

-- repeats of an open task
select is(fleet.register_spawn('p', 't', 'research', 'find out', '/tmp/t.log', 'mother', 'h1', null, '2026-03-02 10:00+00'), :t_id::bigint,
  'the same call again returns the same id');
select is(fleet.register_spawn('p', 't', p_at => '2026-03-02 10:07+00'), :t_id::bigint,
  'a registration without contradiction is a repeat');
select is(fleet.register_spawn('p', 't', p_at => '2026-03-02 09:53+00'), :t_id::bigint, 'in whichever order they come');
select is((select spawn_time from fleet.active_spawns where task_id = 't'), '2026-03-02 10:00+00', 'and changes nothing');
select throws_ok($$select fleet.register_spawn('p', 't', 'implementation', p_at => '2026-03-02 10:07+00')$$, 'MF006', null,
  'an open task under another type is a conflict');
select throws_ok($$select fleet.register_spawn('p', 't', p_output_file => '/tmp/other.log', p_at => '2026-03-02 10:07+00')$$, 'MF006', null,
  'an open task under another output file is a conflict');
select throws_ok($$select fleet.register_spawn('p', 't', p_host => 'h2', p_at => '2026-03-02 10:07+00')$$, 'MF006', null,
  'an open task on another host is a conflict');
select is((select output_file || ' ' || task_type || ' ' || host from fleet.active_spawns where task_id = 't'), '/tmp/t.log research h1',
  'a refused registration changes nothing');

-- event ids
select fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000001', p_at => '2026-03-02 10:00+00') as e1_id \gset
select is(fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000001', p_at => '2026-03-02 10:07+00'), :e1_id::bigint,
  'the same event id again is a repeat, whatever its time');
select throws_ok($$select fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000002', p_at => '2026-03-02 10:07+00')$$,
  'MF006', null, 'another event id for an open task is a conflict');
select fleet.fail_spawn('ev', 't', 'x', p_at => '2026-03-02 10:10+00') as done \gset
select fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000002', p_at => '2026-03-02 10:20+00') as e2_id \gset
select isnt(:e2_id::bigint, :e1_id::bigint, 'another event id after the end is another attempt');
select is(fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000001', p_at => '2026-03-02 10:00+00'), :e1_id::bigint,
  'the event id of an archived attempt is still a repeat of it');
select is(fleet.register_spawn('ev', 't', p_event_id => '00000000-0000-0000-0000-000000000001', p_at => '2026-03-02 10:30+00'), :e1_id::bigint,
  'even when it claims a later time');
select results_eq($$select attempt, status from fleet.spawns where project = 'ev' order by attempt$$,
  $$values (1, 'failed'), (2, 'running')$$, 'repeats open no attempt');

-- another attempt
select fleet.fail_spawn('p', 't', 'Error: no', 7, 'bug', p_at => '2026-03-02 11:00+00') as done \gset
select is(fleet.register_spawn('p', 't', 'research', p_at => '2026-03-02 10:00+00'), :t_id::bigint,
  'the registration of an ended attempt, told again, returns its id');
select is((select status from fleet.active_spawns where project = 'p' and task_id = 't'), 'failed', 'and does not reopen it');
select throws_ok($$select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:30+00')$$, 'MF006', null,
  'another registration from before the end is a conflict: the task was open then');
select fleet.register_spawn('p', 't', 'review', p_host => 'h2', p_at => '2026-03-02 12:00+00') as t2_id \gset
select isnt(:t2_id::bigint, :t_id::bigint, 'a task that has ended may be tried again');
select results_eq(
  $$select attempt, status, task_type, host, spawn_time, exit_code, error_message, failure_reason, completed_at, output_file,
      description, parent_spawn_id, last_output_change from fleet.active_spawns where project = 'p' and task_id = 't'$$,
  $$values (2, 'running', 'review', 'h2', timestamptz '2026-03-02 12:00+00', null::integer, null::text, null::text, null::timestamptz,
      null::text, null::text, null::bigint, null::timestamptz)$$,
  'the new attempt starts with nothing of the earlier one');
select results_eq(
  $$select id, attempt, status, exit_code, error_message, failure_reason, completed_at, output_file, is_archived
    from fleet.spawns where project = 'p' and task_id = 't' and attempt = 1$$,
  format($$values (%s::bigint, 1, 'failed', 7, 'Error: no', 'bug', timestamptz '2026-03-02 11:00+00', '/tmp/t.log', true)$$, :t_id),
  'the earlier attempt moves to spawn_history whole');
select is(fleet.register_spawn('p', 't', 'research', p_at => '2026-03-02 10:00+00'), :t_id::bigint,
  'the registration of an archived attempt, told again, returns its id');
select is(fleet.register_spawn('p', 't', 'review', p_at => '2026-03-02 12:00+00'), :t2_id::bigint,
  'and that of the new one its own');

-- another attempt after the archive
select fleet.complete_spawn('p', 't', p_at => '2026-03-02 13:00+00') as done \gset
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select is_empty($$select 1 from fleet.active_spawns where project = 'p' and task_id = 't'$$, 'once archived, the task has no active row');
select fleet.register_spawn('p', 't', p_at => '2026-03-11 00:00+00') as t3_id \gset
select results_eq($$select attempt, id from fleet.spawns where project = 'p' and task_id = 't' order by attempt$$,
  format($$values (1, %s::bigint), (2, %s), (3, %s)$$, :t_id, :t2_id, :t3_id), 'an attempt after the archive counts on');
select fleet.register_spawn('p', 'child', p_parent_task_id => 't', p_at => '2026-03-11 00:01+00') as child_id \gset
select is((select parent_spawn_id from fleet.spawns where id = :child_id), :t3_id::bigint, 'a parent is the latest attempt at its task');

-- late events
select fleet.start_session('late', 'cli', 'a', p_at => '2026-03-02 08:00+00') as a_id \gset
select fleet.start_session('late', 'cli', 'b', p_at => '2026-03-02 09:00+00') as b_id \gset
select fleet.register_spawn('late', 'of-a', p_at => '2026-03-02 08:30+00') as done \gset
select is((select ps_session_id from fleet.active_spawns where task_id = 'of-a'), :a_id::bigint,
  'a spawn told of late belongs to the session that lived when it was spawned, not to the one that replaced it');
select fleet.end_session('late', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('late', 'of-b', p_at => '2026-03-02 09:30+00') as done \gset
select is((select ps_session_id from fleet.active_spawns where task_id = 'of-b'), :b_id::bigint,
  'so does one told of after the session ended');
select fleet.register_spawn('late', 'of-none', p_at => '2026-03-02 10:30+00') as done \gset
select is((select ps_session_id from fleet.active_spawns where task_id = 'of-none'), null, 'a spawn after the end of the session belongs to none');

-- edges

select fleet.register_spawn('zero', 't', p_at => '2026-03-02 10:00+00') as z1_id \gset
select fleet.complete_spawn('zero', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(fleet.register_spawn('zero', 't', p_at => '2026-03-02 10:00+00'), :z1_id::bigint,
  'in the same instant, without an event id, a registration is a repeat even of an ended spawn');
select isnt(fleet.register_spawn('zero', 't', p_event_id => '00000000-0000-0000-0000-000000000003', p_at => '2026-03-02 10:00+00'), :z1_id::bigint,
  'with an event id it is another attempt');
select fleet.register_spawn('other', 't', p_at => '2026-03-02 10:00+00') as other_id \gset
select isnt(:other_id::bigint, :z1_id::bigint, 'the same task id in another project is another task');
select lives_ok(format('select fleet.register_spawn(%1$L, %1$L, p_at => %2$L)', n.name, '2026-03-02 10:00+00'),
  'a project and a task may be named ' || n.name)
from (values (1, '''"; drop table fleet.active_spawns; --'), (2, '🚀 задача'), (3, E'\u200fמשימה'), (4, repeat('ü', 200)), (5, '%s \1 $$ {}')) as n (no, name)
order by n.no;
select fleet.register_spawn('long', 't', p_description => repeat('x', 20000), p_at => '2026-03-02 10:00+00') as done \gset
select is((select length(description) <= 10000 and description like 'xxx%20000%' from fleet.active_spawns where project = 'long'), true,
  'a description that is too long is cut and says so: prose never loses an event');
select fleet.register_spawn('ahead', 't', p_at => '9000-01-01 00:00+00') as ahead_id \gset
select ok((select spawn_time <= clock_timestamp() from fleet.active_spawns where project = 'ahead'), 'a spawn from the future is not believed');
select is((select claimed_at from fleet.clock_anomalies where routing_key = 'ahead' and source = 'register_spawn'), '9000-01-01 00:00+00',
  'and is recorded as an anomaly');
select is(fleet.register_spawn('ahead', 't', p_at => '9000-01-01 00:00+00'), :ahead_id::bigint, 'told again, it is a repeat');
select lives_ok($$select fleet.register_spawn('v'::varchar, 't'::varchar, 'research'::varchar, 'words'::text, '/tmp/x'::varchar)$$,
  'varchar arguments by position work');

-- errors

select throws_ok(format('select fleet.register_spawn(%L, %L)', n.name, 't'), 'MF003', null, 'a project ' || n.fault)
from (values (1, null, 'that is missing is refused'), (2, '', 'that is empty is refused'), (3, ' p', 'that begins with a blank is refused'),
  (4, E'a\x01b', 'with a control character is refused'), (5, '*', 'named * is refused'), (6, repeat('x', 201), 'of 201 characters is refused'))
  as n (no, name, fault)
order by n.no;
select throws_ok(format('select fleet.register_spawn(%L, %L)', 'e', n.name), 'MF003', null, 'a task ' || n.fault)
from (values (1, null, 'that is missing is refused'), (2, '', 'that is empty is refused'), (3, repeat('x', 201), 'of 201 characters is refused'))
  as n (no, name, fault)
order by n.no;
select throws_ok($$select fleet.register_spawn('e', 't', '')$$, 'MF003', null, 'an empty task type is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_output_file => repeat('x', 4097))$$, 'MF003', null, 'a path of 4097 characters is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_output_file => E'/tmp/a\nb')$$, 'MF003', null, 'a path with a line feed is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_host => '')$$, 'MF003', null, 'an empty host is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_parent_task_id => 't')$$, 'MF003', null, 'a task that is its own parent is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_parent_task_id => 'nobody')$$, 'MF002', null, 'an unknown parent is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_parent_task_id => 'mother')$$, 'MF002', null, 'a parent of another project is unknown');
select throws_ok($$select fleet.register_spawn('e', 't', p_at => null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.register_spawn('e', 't', p_at => '-infinity')$$, 'MF003', null, 'an infinite time is refused');
select is_empty($$select 1 from fleet.spawns where project = 'e'$$, 'refused calls leave nothing behind');

select * from finish();
rollback;
