begin;
select plan(35);

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

select has_function('fleet', 'complete_spawn', array['text', 'text', 'integer', 'bigint', 'timestamp with time zone'],
  'complete_spawn takes project, task, exit code and time');
select function_returns('fleet', 'complete_spawn', 'bigint', 'complete_spawn returns the id of the spawn');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as w_id \gset
select is(pg_temp.run_as('fleet_writer', 'select fleet.complete_spawn(''w'', ''t'')')::bigint, :w_id::bigint, 'a writer may complete a spawn');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.complete_spawn(''w'', ''t'')')$$, '42501', null,
  'a reader may not complete a spawn');

-- behaviour

select fleet.register_spawn('p', 't', 'research', p_output_file => '/tmp/t.log', p_at => '2026-03-02 10:00+00') as t_id \gset
select is(fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 10:10+00'), :t_id::bigint, 'completing returns the id of the spawn');
select results_eq(
  $$select status, exit_code, completed_at, error_message, failure_reason, stalled_at, output_file from fleet.active_spawns where project = 'p'$$,
  $$values ('completed', 0, timestamptz '2026-03-02 10:10+00', null::text, null::text, null::timestamptz, '/tmp/t.log')$$,
  'a completed spawn has exit code 0, when it ended, and all it was registered with');
select is(fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 10:10+00'), :t_id::bigint, 'the same call again returns the same id');
select is(fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 10:30+00'), :t_id::bigint, 'told again later, too');
select is(fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 09:00+00'), :t_id::bigint, 'and with an earlier time');
select is((select completed_at from fleet.active_spawns where project = 'p'), '2026-03-02 10:10+00', 'the first end stays');
select throws_ok($$select fleet.fail_spawn('p', 't', 'x', p_at => '2026-03-02 10:20+00')$$, 'MF005', null, 'it cannot fail afterwards');
select throws_ok($$select fleet.abandon_spawn('p', 't', 'x', p_at => '2026-03-02 10:20+00')$$, 'MF005', null, 'nor be abandoned');

select fleet.register_spawn('p', 'slow', p_at => '2026-03-02 10:00+00') as slow_id \gset
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 11:00+00') \gset
select is(fleet.complete_spawn('p', 'slow', p_at => '2026-03-02 11:10+00'), :slow_id::bigint, 'a stalled spawn may complete');
select results_eq($$select status, stalled_at from fleet.active_spawns where task_id = 'slow'$$, $$values ('completed', null::timestamptz)$$,
  'and is stalled no longer');

-- retries around another attempt
select fleet.register_spawn('p', 't', p_at => '2026-03-02 11:00+00') as t2_id \gset
select is(pg_temp.answer($$select fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 10:10+00')$$), :t_id::text,
  'the end of the earlier attempt, told again, returns the earlier attempt');
select is((select status from fleet.active_spawns where project = 'p' and task_id = 't'), 'running', 'and leaves the running attempt alone');
select fleet.register_spawn('same', 't', p_at => '2026-03-02 10:00+00') as s1_id \gset
select fleet.complete_spawn('same', 't', 0, p_at => '2026-03-02 10:10+00') as done \gset
select fleet.register_spawn('same', 't', p_at => '2026-03-02 10:10+00') as s2_id \gset
select is(fleet.complete_spawn('same', 't', 0, p_at => '2026-03-02 10:10+00'), :s1_id::bigint,
  'so it does when the next attempt was spawned in the instant of that end');
select is((select status from fleet.active_spawns where project = 'same'), 'running', 'and the next attempt still runs');

-- edges

select fleet.register_spawn('z', 't', p_at => '2026-03-02 10:00+00') as z_id \gset
select lives_ok($$select fleet.complete_spawn('z', 't', 0, p_at => '2026-03-02 10:00+00')$$, 'a spawn may end the instant it was spawned');
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select is(fleet.complete_spawn('z', 't'), :z_id::bigint, 'completing one that is archived returns its id');
select is((select count(*) from fleet.spawns where project = 'z'), 1::bigint, 'and makes no second one');
select throws_ok($$select fleet.fail_spawn('z', 't', 'x')$$, 'MF005', null, 'an archived end is final too');
select fleet.register_spawn('ahead', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('ahead', 't', p_at => '9000-01-01 00:00+00') as done \gset
select ok((select completed_at <= clock_timestamp() from fleet.active_spawns where project = 'ahead'), 'an end from the future is not believed');
select lives_ok($$select fleet.complete_spawn('ahead'::varchar, 't'::varchar, 0)$$, 'varchar arguments by position work');

-- errors

select fleet.register_spawn('e', 't', p_at => '2026-03-02 10:00+00') as done \gset
select throws_ok($$select fleet.complete_spawn('nobody', 't')$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.complete_spawn('e', 'nothing')$$, 'MF002', null, 'an unknown task of a known project is an error of its own');
select throws_ok($$select fleet.complete_spawn('e', 't', 1)$$, 'MF003', null, 'an exit code other than 0 is no completion');
select throws_ok($$select fleet.complete_spawn('e', 't', null)$$, 'MF003', null, 'no exit code is no completion');
select throws_ok($$select fleet.complete_spawn('e', 't', 0, p_at => '2026-03-02 09:59:59.999999+00')$$, 'MF003', null,
  'a spawn cannot end before it was spawned');
select throws_ok($$select fleet.complete_spawn(null, 't')$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.complete_spawn('e', null)$$, 'MF003', null, 'a missing task is refused');
select throws_ok($$select fleet.complete_spawn('e', 't', 0, p_at => null)$$, 'MF003', null, 'a missing time is refused');
select is((select status from fleet.active_spawns where project = 'e'), 'running', 'a refused end changes nothing');

-- edges: a repeat after the next attempt began, by the id

select fleet.register_spawn('again', 't', p_at => '2026-03-02 10:00+00') as first_id \gset
select fleet.complete_spawn('again', 't', p_spawn_id => :first_id, p_at => '2026-03-02 10:10+00') as done \gset
select fleet.register_spawn('again', 't', p_at => '2026-03-02 10:20+00') as second_id \gset
select is(fleet.complete_spawn('again', 't', p_spawn_id => :first_id), :first_id::bigint, 'told again of the first attempt by its id, it returns that');
select is((select status from fleet.active_spawns where project = 'again'), 'running', 'and the second attempt still runs');

select * from finish();
rollback;
