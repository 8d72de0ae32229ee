begin;
select plan(55);

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

select has_function('fleet', 'start_session',
  array['text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'start_session takes project, type, id, host, tmux socket and pane, model, window and time');
select function_returns('fleet', 'start_session', 'bigint', 'start_session returns the id of the session');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.start_session(''by-writer'')')$$,
  'a writer may start a session, holding no privilege on the table');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.start_session(''by-reader'')')$$, '42501', null,
  'a reader may not start a session');

-- behaviour

select fleet.start_session('new', 'sdk', 's1', 'h1', '/tmp/tmux', '%1', 'm1', 150000, '2026-03-02 09:00+00') as new_id \gset
select results_eq(
  $$select project, session_type, session_id, host, tmux_socket, tmux_pane, model, estimated_tokens_total, state,
      started_at, last_activity, state_changed_at, ended_at from fleet.ps_sessions where project = 'new'$$,
  $$values ('new', 'sdk', 's1', 'h1', '/tmp/tmux', '%1', 'm1', 150000::bigint, 'working', timestamptz '2026-03-02 09:00+00',
      timestamptz '2026-03-02 09:00+00', timestamptz '2026-03-02 09:00+00', null::timestamptz)$$,
  'a started session stands in ps_sessions as it was told, alive and working from p_at on');
select is((select id from fleet.ps_sessions where project = 'new'), :new_id::bigint, 'it returns the id of that row');

select fleet.start_session('plain', p_at => '2026-03-02 09:00+00') as plain_id \gset
select results_eq(
  $$select session_type, session_id, estimated_tokens_total from fleet.ps_sessions where project = 'plain'$$,
  $$values ('cli', null::text, 200000::bigint)$$,
  'where nothing is said, the type is cli and the window 200,000 tokens');
select is(fleet.start_session('plain', p_at => '2026-03-02 09:30+00'), :plain_id::bigint,
  'without an id, a live session without one is taken to be the same');
select is((select last_activity from fleet.ps_sessions where project = 'plain'), '2026-03-02 09:30+00',
  'a later repeat is a sign of life');
select is((select started_at from fleet.ps_sessions where project = 'plain'), '2026-03-02 09:00+00',
  'a repeat does not change when the session started');

select is(fleet.start_session('new', 'sdk', 's1', 'h1', '/tmp/tmux', '%1', 'm1', 150000, '2026-03-02 09:00+00'), :new_id::bigint,
  'the same call again returns the same id');
select is(fleet.start_session('new', 'sdk', 's1', p_at => '2026-03-02 08:00+00'), :new_id::bigint,
  'the same session told of again with an earlier time is still a repeat');
select results_eq(
  $$select started_at, last_activity from fleet.ps_sessions where project = 'new'$$,
  $$values (timestamptz '2026-03-02 09:00+00', timestamptz '2026-03-02 09:00+00')$$,
  'a late repeat moves neither the start nor the last activity');
select fleet.start_session('new', 'sdk', 's1', 'h2', '/tmp/other', '%2', 'm2', 150000, '2026-03-02 08:00+00') as again_id \gset
select results_eq(
  $$select host, tmux_socket, tmux_pane, model from fleet.ps_sessions where project = 'new'$$,
  $$values ('h1', '/tmp/tmux', '%1', 'm1')$$,
  'a late repeat changes nothing but what was unknown before');

select fleet.start_session('bare', 'cli', 's1', p_at => '2026-03-02 09:00+00') as bare_id \gset
select fleet.start_session('bare', 'cli', 's1', 'h1', '/tmp/tmux', '%1', 'm1', 100000, '2026-03-02 09:01+00') as again_id \gset
select results_eq(
  $$select host, tmux_socket, tmux_pane, model, estimated_tokens_total from fleet.ps_sessions where project = 'bare'$$,
  $$values ('h1', '/tmp/tmux', '%1', 'm1', 100000::bigint)$$,
  'a repeat adds what was unknown before');

select fleet.start_session('bare', 'cli', 's1', 'h2', '/tmp/tmux2', '%2', 'm2', 300000, '2026-03-02 09:02+00') as again_id \gset
select results_eq(
  $$select host, tmux_socket, tmux_pane, model, estimated_tokens_total from fleet.ps_sessions where project = 'bare'$$,
  $$values ('h2', '/tmp/tmux2', '%2', 'm2', 300000::bigint)$$,
  'a repeat that is news says where the session is now, and which model answers');
select fleet.start_session('bare', 'cli', 's1', p_at => '2026-03-02 09:03+00') as again_id \gset
select is((select host || tmux_pane || model from fleet.ps_sessions where project = 'bare'), 'h2%2m2', 'what it does not say stays');

-- a session that is replaced
select fleet.start_session('swap', 'cli', 'a', p_host => 'h1', p_at => '2026-03-02 09:00+00') as a_id \gset
select fleet.start_session('swap', 'cli', 'b', p_at => '2026-03-02 10:00+00') as b_id \gset
select isnt(:b_id::bigint, :a_id::bigint, 'another session id is another session');
select results_eq(
  $$select session_id, ended_at from fleet.ps_sessions where project = 'swap'$$,
  $$values ('b', null::timestamptz)$$, 'a project has one session row: its newest');
create temp view past as
  select * from fleet.session_history union all select * from fleet.session_history_overflow;
select results_eq(
  $$select id, session_id, host, started_at, ended_at, end_reason from past where project = 'swap'$$,
  format($$values (%s::bigint, 'a', 'h1', timestamptz '2026-03-02 09:00+00', timestamptz '2026-03-02 10:00+00', 'replaced')$$, :a_id),
  'the one before ends as replaced when the new one starts and moves to history whole, whatever partitions exist');
select is(fleet.start_session('swap', 'cli', 'a', p_at => '2026-03-02 09:00+00'), :a_id::bigint,
  'the start of a replaced session, told again, returns its id');
select is(fleet.start_session('swap', 'cli', 'b', p_at => '2026-03-02 10:00+00'), :b_id::bigint,
  'and the current one is still the current one');
select is((select count(*) from past where project = 'swap'), 1::bigint, 'repeats write no history');
select isnt(fleet.start_session('swap', 'cli', 'a', p_at => '2026-03-02 11:00+00'), :a_id::bigint,
  'a session id that comes back after its session was replaced is a new session');

select fleet.start_session('anon', p_at => '2026-03-02 09:00+00') as anon_id \gset
select fleet.start_session('anon', 'cli', 'b', p_at => '2026-03-02 10:00+00') as b_id \gset
select is(pg_temp.answer($$select fleet.start_session('anon', p_at => '2026-03-02 09:00+00')$$), :anon_id::text,
  'the start of a replaced session without an id, told again, returns its id');

-- a session that ended
select fleet.start_session('over', 'cli', 'a', p_at => '2026-03-02 09:00+00') as a_id \gset
select fleet.end_session('over', p_at => '2026-03-02 10:00+00') as done \gset
select is(fleet.start_session('over', 'cli', 'a', p_at => '2026-03-02 09:00+00'), :a_id::bigint,
  'the start of an ended session, told again, returns its id');
select results_eq($$select ended_at, last_activity from fleet.ps_sessions where project = 'over'$$,
  $$values (timestamptz '2026-03-02 10:00+00', timestamptz '2026-03-02 09:00+00')$$, 'and does not bring it back to life');
select fleet.start_session('over', 'cli', 'a', p_at => '2026-03-02 11:00+00') as a2_id \gset
select isnt(:a2_id::bigint, :a_id::bigint, 'a session resumed after its end under the same id is a new session');
select results_eq($$select end_reason, ended_at from past where project = 'over'$$,
  $$values ('completed', timestamptz '2026-03-02 10:00+00')$$, 'an end that was told is not overwritten by replaced');

-- edges

select fleet.start_session('tie', 'cli', 'a', p_at => '2026-03-02 09:00+00') as a_id \gset
select fleet.start_session('tie', 'cli', 'b', p_at => '2026-03-02 09:00+00') as b_id \gset
select is(fleet.start_session('tie', 'cli', 'a', p_at => '2026-03-02 09:00+00'), :a_id::bigint,
  'two sessions of the same instant: the first, told again, is still the first');
select results_eq($$select session_id from fleet.ps_sessions where project = 'tie'$$, $$values ('b')$$,
  'and the second is still the current one');
select lives_ok(format('select fleet.start_session(%L, p_at => %L)', n.name, '2026-03-02 09:00+00'),
  'a project may be named ' || n.name)
from (values (1, '''"; drop table fleet.ps_sessions; --'), (2, '🚀 проект'), (3, E'\u200fעברית'), (4, repeat('ü', 200)), (5, '%s \1 $$')) as n (no, name)
order by n.no;
select fleet.start_session('ahead', p_at => '9000-01-01 00:00+00') as ahead_id \gset
select ok((select started_at <= clock_timestamp() from fleet.ps_sessions where project = 'ahead'),
  'a start from the future is not believed');
select results_eq(
  $$select claimed_at, occurrences from fleet.clock_anomalies where routing_key = 'ahead' and source = 'start_session'$$,
  $$values (timestamptz '9000-01-01 00:00+00', 1::bigint)$$, 'and is recorded as an anomaly');
select lives_ok($$select fleet.start_session('v'::varchar, 'cli'::varchar, 's'::varchar)$$, 'varchar arguments by position work');

-- errors

select throws_ok(format('select fleet.start_session(%L)', n.name), 'MF003', null, 'a project ' || n.fault)
from (values (1, null, 'that is missing is refused'), (2, '', 'that is empty is refused'), (3, ' p', 'that begins with a blank is refused'),
  (4, 'p ', 'that ends with a blank is refused'), (5, E'a\nb', 'with a line feed is refused'), (6, '*', 'named * is refused'),
  (7, repeat('x', 201), 'of 201 characters is refused')) as n (no, name, fault)
order by n.no;
select throws_ok($$select fleet.start_session('e', 'gui')$$, 'MF003', null, 'a session type other than cli and sdk is refused');
select throws_ok($$select fleet.start_session('e', null)$$, 'MF003', null, 'no session type is refused');
select throws_ok($$select fleet.start_session('e', 'cli', '')$$, 'MF003', null, 'an empty session id is refused');
select throws_ok($$select fleet.start_session('e', p_host => E'h\t')$$, 'MF003', null, 'a host with a control character is refused');
select throws_ok($$select fleet.start_session('e', p_estimated_tokens_total => 0)$$, 'MF003', null, 'a window of no tokens is refused');
select throws_ok($$select fleet.start_session('e', p_at => null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.start_session('e', p_at => '-infinity')$$, 'MF003', null, 'an infinite time is refused');
select is_empty($$select 1 from fleet.ps_sessions where project = 'e'$$, 'refused calls leave nothing behind');
select throws_ok($$select fleet.start_session('swap', 'cli', 'c', p_at => '2026-03-02 08:00+00')$$, 'MF006', null,
  'a session older than the current one cannot replace it');

select * from finish();
rollback;
