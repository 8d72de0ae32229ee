begin;
select plan(25);

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

select has_function('fleet', 'fail_spawn', array['text', 'text', 'text', 'integer', 'text', 'bigint', 'timestamp with time zone'],
  'fail_spawn takes project, task, message, exit code, reason and time');
select function_returns('fleet', 'fail_spawn', 'bigint', 'fail_spawn returns the id of the spawn');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as w_id \gset
select is(pg_temp.run_as('fleet_writer', 'select fleet.fail_spawn(''w'', ''t'', ''x'')')::bigint, :w_id::bigint, 'a writer may fail a spawn');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.fail_spawn(''w'', ''t'')')$$, '42501', null,
  'a reader may not fail a spawn');

-- behaviour

select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00') as t_id \gset
select is(fleet.fail_spawn('p', 't', 'fatal: no space left', 128, 'disk', p_at => '2026-03-02 10:10+00'), :t_id::bigint, 'failing returns the id of the spawn');
select results_eq(
  $$select status, exit_code, completed_at, error_message, failure_reason from fleet.active_spawns where project = 'p'$$,
  $$values ('failed', 128, timestamptz '2026-03-02 10:10+00', 'fatal: no space left', 'disk')$$,
  'a failed spawn has its exit code, its words, its reason and when it ended');
select is(fleet.fail_spawn('p', 't', 'other words', 1, 'other', p_at => '2026-03-02 10:20+00'), :t_id::bigint, 'told again, it returns the same id');
select results_eq(
  $$select exit_code, completed_at, error_message, failure_reason from fleet.active_spawns where project = 'p'$$,
  $$values (128, timestamptz '2026-03-02 10:10+00', 'fatal: no space left', 'disk')$$, 'and the first report''s words stay');
select throws_ok($$select fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 10:20+00')$$, 'MF005', null, 'it cannot complete afterwards');
select throws_ok($$select fleet.abandon_spawn('p', 't', 'x', p_at => '2026-03-02 10:20+00')$$, 'MF005', null, 'nor be abandoned');

select fleet.register_spawn('bare', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.fail_spawn('bare', 't', p_at => '2026-03-02 10:10+00') as done \gset
select results_eq(
  $$select status, exit_code, error_message, failure_reason from fleet.active_spawns where project = 'bare'$$,
  $$values ('failed', null::integer, null::text, null::text)$$, 'a spawn may fail without a word');

-- retries around another attempt
select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:10+00') as t2_id \gset
select is(pg_temp.answer($$select fleet.fail_spawn('p', 't', 'fatal: no space left', 128, 'disk', p_at => '2026-03-02 10:10+00')$$), :t_id::text,
  'the failure of the earlier attempt, told again, returns the earlier attempt');
select is((select status from fleet.active_spawns where project = 'p'), 'running', 'and leaves the running attempt alone');

-- edges

select fleet.register_spawn('long', 't', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select fleet.fail_spawn('long', 't', repeat('🔥', 50000), -9, repeat('x', 5000), p_at => '2026-03-02 10:10+00')$$,
  'words that are too long are cut: prose never loses an event');
select ok((select length(error_message) <= 10000 and error_message like '%50000%' and length(failure_reason) <= 1000 and exit_code = -9
  from fleet.active_spawns where project = 'long'), 'and say how long they were; a negative exit code (a signal) is kept');
select fleet.register_spawn('lines', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.fail_spawn('lines', 't', E'Traceback:\n\tline 1\x1b[31m', 1, p_at => '2026-03-02 10:10+00') as done \gset
select is((select error_message from fleet.active_spawns where project = 'lines'), E'Traceback:\n\tline 1\x1b[31m',
  'a message of many lines is kept as it is');
select lives_ok($$select fleet.fail_spawn('lines'::varchar, 't'::varchar, 'x'::varchar, 1, 'y'::varchar)$$, 'varchar arguments by position work');

-- errors

select fleet.register_spawn('e', 't', p_at => '2026-03-02 10:00+00') as done \gset
select throws_ok($$select fleet.fail_spawn('nobody', 't')$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.fail_spawn('e', 'nothing')$$, 'MF002', null, 'an unknown task of a known project is an error of its own');
select throws_ok($$select fleet.fail_spawn('e', 't', 'x', 0)$$, 'MF003', null, 'exit code 0 is no failure');
select throws_ok($$select fleet.fail_spawn('e', 't', p_at => '2026-03-02 09:59:59.999999+00')$$, 'MF003', null,
  'a spawn cannot end before it was spawned');
select throws_ok($$select fleet.fail_spawn(null, 't')$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.fail_spawn('e', '')$$, 'MF003', null, 'an empty task is refused');
select throws_ok($$select fleet.fail_spawn('e', 't', p_at => 'infinity')$$, 'MF003', null, 'an infinite time is refused');
select is((select status from fleet.active_spawns where project = 'e'), 'running', 'a refused end changes nothing');

select * from finish();
rollback;
