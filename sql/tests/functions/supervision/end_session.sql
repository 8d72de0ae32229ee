begin;
select plan(36);

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

create temp view past as
  select * from fleet.session_history union all select * from fleet.session_history_overflow;

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

select has_function('fleet', 'end_session', array['text', 'text', 'text', 'timestamp with time zone'],
  'end_session takes project, reason, session id and time');
select function_returns('fleet', 'end_session', 'bigint', 'end_session returns the id of the session');
select fleet.start_session('w', p_at => '2026-03-02 09:00+00') as w_id \gset
select is(pg_temp.run_as('fleet_writer', 'select fleet.end_session(''w'')')::bigint, :w_id::bigint, 'a writer may end a session');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.end_session(''w'')')$$, '42501', null,
  'a reader may not end a session');

-- behaviour

select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as p_id \gset
select is(fleet.end_session('p', 'handoff', p_at => '2026-03-02 10:00+00'), :p_id::bigint, 'ending returns the id of the session');
select results_eq($$select ended_at, end_reason from fleet.ps_sessions where project = 'p'$$,
  $$values (timestamptz '2026-03-02 10:00+00', 'handoff')$$, 'an ended session keeps when and why');
select is_empty($$select 1 from past where project = 'p'$$, 'its row stays until retention_rules moves it');
select is(fleet.end_session('p', 'crash', p_at => '2026-03-02 11:00+00'), :p_id::bigint, 'ending it again returns the same id');
select is(fleet.end_session('p', 'crash', 's1', '2026-03-02 09:15+00'), :p_id::bigint, 'ending it again earlier, too');
select results_eq($$select ended_at, end_reason from fleet.ps_sessions where project = 'p'$$,
  $$values (timestamptz '2026-03-02 10:00+00', 'handoff')$$, 'and changes nothing: the first end is history');

select fleet.start_session('q', p_at => '2026-03-02 09:00+00') as q_id \gset
select fleet.end_session('q', p_at => '2026-03-02 09:00+00') as done \gset
select results_eq($$select ended_at, end_reason from fleet.ps_sessions where project = 'q'$$,
  $$values (timestamptz '2026-03-02 09:00+00', 'completed')$$, 'a session may end the instant it started; the reason is completed where none is given');

-- one that was replaced
select fleet.start_session('swap', 'cli', 'a', p_at => '2026-03-02 09:00+00') as a_id \gset
select fleet.start_session('swap', 'cli', 'b', p_at => '2026-03-02 10:00+00') as b_id \gset
select is(fleet.end_session('swap', 'completed', 'a', '2026-03-02 10:30+00'), :a_id::bigint, 'ending one that was replaced returns its id');
select results_eq($$select session_id, ended_at from fleet.ps_sessions where project = 'swap'$$,
  $$values ('b', null::timestamptz)$$, 'and leaves the session that replaced it alive');
select results_eq($$select ended_at, end_reason from past where project = 'swap'$$,
  $$values (timestamptz '2026-03-02 10:00+00', 'replaced')$$, 'and changes nothing of it');

select fleet.start_session('tie', 'cli', 'a', p_at => '2026-03-02 09:00+00') as a_id \gset
select fleet.start_session('tie', 'cli', 'b', p_at => '2026-03-02 10:00+00') as b_id \gset
select is(fleet.end_session('tie', p_at => '2026-03-02 10:00+00'), :b_id::bigint,
  'an end in the instant of the replacement, without a session id, is the current one''s: nobody had ended the other');
select is((select ended_at from fleet.ps_sessions where project = 'tie'), '2026-03-02 10:00+00', 'which is over then');

-- one after which another started
select fleet.start_session('next', p_at => '2026-03-02 09:00+00') as first_id \gset
select fleet.end_session('next', p_at => '2026-03-02 09:30+00') as done \gset
select fleet.start_session('next', p_at => '2026-03-02 10:00+00') as second_id \gset
select is(pg_temp.answer($$select fleet.end_session('next', p_at => '2026-03-02 09:30+00')$$), :first_id::text,
  'an end told again after the next session started returns the ended one');
select is((select ended_at from fleet.ps_sessions where project = 'next'), null, 'and leaves the next session alive');
select fleet.start_session('resumed', 'cli', 's', p_at => '2026-03-02 09:00+00') as first_id \gset
select fleet.end_session('resumed', 'completed', 's', '2026-03-02 09:30+00') as done \gset
select fleet.start_session('resumed', 'cli', 's', p_at => '2026-03-02 10:00+00') as second_id \gset
select is(pg_temp.answer($$select fleet.end_session('resumed', 'completed', 's', '2026-03-02 09:30+00')$$), :first_id::text,
  'so it does when the next session bears the same id');

-- edges

select fleet.start_session('old', 'cli', 'o', p_at => '2026-03-02 09:00+00') as old_id \gset
select fleet.end_session('old', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.archive_ended_sessions(p_at => '2026-03-04 00:00+00') as done \gset
select is(fleet.end_session('old'), :old_id::bigint, 'ending one that is archived returns its id');
select is(fleet.end_session('old', p_session_id => 'o'), :old_id::bigint, 'so it does by its session id');
select is((select count(*) from past where project = 'old'), 1::bigint, 'and makes no second one');

select fleet.start_session('late', p_at => '2026-03-02 09:00+00') as late_id \gset
select fleet.touch_session('late', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select fleet.end_session('late', p_at => '2026-03-02 09:30+00')$$, 'an end may come late');
select ok((select last_activity <= ended_at from fleet.ps_sessions where project = 'late'), 'no sign of life lies after the end');

select fleet.start_session('ahead', p_at => '2026-03-02 09:00+00') as ahead_id \gset
select fleet.end_session('ahead', p_at => '9000-01-01 00:00+00') as done \gset
select ok((select ended_at <= clock_timestamp() from fleet.ps_sessions where project = 'ahead'),
  'an end from the future is not believed');
select lives_ok($$select fleet.end_session('ahead'::varchar, 'x'::varchar, null::varchar)$$, 'varchar arguments by position work');

-- errors

select throws_ok($$select fleet.end_session('nobody')$$, 'MF001', null, 'an unknown project is an error');
select fleet.register_spawn('spawns-only', 't', p_at => '2026-03-02 09:00+00') as done \gset
select throws_ok($$select fleet.end_session('spawns-only')$$, 'MF005', null, 'a project without a session is an error');
select throws_ok($$select fleet.end_session('swap', p_session_id => 'z')$$, 'MF005', null, 'a session id that the project never had is an error');
select fleet.start_session('one', p_at => '2026-03-02 10:00+00') as one_id \gset
select throws_ok($$select fleet.end_session('one', p_at => '2026-03-02 09:59:59.999999+00')$$, 'MF003', null,
  'a session cannot end before it started');
select throws_ok($$select fleet.end_session('swap', p_session_id => 'b', p_at => '2026-03-02 09:59+00')$$, 'MF003', null,
  'one named by its id neither, though another lived then');
select results_eq($$select ended_at from fleet.ps_sessions where project in ('one', 'swap')$$,
  $$values (null::timestamptz), (null)$$, 'a refused end changes nothing');
select throws_ok($$select fleet.end_session(null)$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.end_session('swap', '')$$, 'MF003', null, 'an empty reason is refused');
select throws_ok($$select fleet.end_session('swap', repeat('x', 1001))$$, 'MF003', null, 'a reason of 1001 characters is refused');
select throws_ok($$select fleet.end_session('swap', p_at => null)$$, 'MF003', null, 'a missing time is refused');

select * from finish();
rollback;
