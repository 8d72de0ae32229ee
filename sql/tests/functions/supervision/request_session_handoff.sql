begin;

\ir ../../support/helpers.psql

select plan(28);

-- contract
select has_function('fleet', 'request_session_handoff', array['text', 'timestamp with time zone'], 'it takes a project and a time');
select function_returns('fleet', 'request_session_handoff', array['text', 'timestamp with time zone'], 'bigint', 'it returns the id of the handoff');
select is(
  pg_temp.callers('fleet.request_session_handoff(text, timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');

-- behaviour
select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as s_id \gset
update fleet.ps_sessions set context_usage = 0.87 where project = 'p';
select fleet.request_session_handoff('p', '2026-03-02 10:00+00') as h_id \gset
select results_eq(
  $$select id, ps_session_id, session_id, state, context_usage, asked_at, deadline_at, handoff_file_path from fleet.session_handoffs$$,
  format($$values (%s::bigint, %s::bigint, 's1', 'asked', 0.87, timestamptz '2026-03-02 10:00+00', timestamptz '2026-03-02 10:05+00', null::text)$$,
    :h_id, :s_id),
  'it is asked now, and due in five minutes, with the usage at this moment');
select is(fleet.request_session_handoff('p', '2026-03-02 10:00+00'), :h_id::bigint, 'asked again at the same instant it is the same');
select is(fleet.request_session_handoff('p', '2026-03-02 10:03+00'), :h_id::bigint, 'asked again while it is waited for too');
select is(fleet.request_session_handoff('p', '2026-03-02 09:58+00'), :h_id::bigint, 'and when an earlier asking is told late');
select is((select deadline_at from fleet.session_handoffs), '2026-03-02 10:05+00', 'asking again does not move the deadline');
select fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 10:04+00') as done \gset
select is(fleet.request_session_handoff('p', '2026-03-02 10:14+00'), :h_id::bigint, 'a monitor that asks every ten minutes does not ask twice');
select is(fleet.request_session_handoff('p', '2026-03-02 11:04+00'), :h_id::bigint, 'for an hour after the document came');
select fleet.request_session_handoff('p', '2026-03-02 11:04:00.000001+00') as h2_id \gset
select isnt(:h2_id::bigint, :h_id::bigint, 'a session that worked on for longer is asked anew');
select is((select count(*) from fleet.session_handoffs where state = 'asked'), 1::bigint, 'one handoff of it is open');

-- edges: after a time-out, and after it was taken up
select count(*) as done from fleet.expire_session_handoffs('p', '2026-03-02 11:30+00') \gset
select isnt(fleet.request_session_handoff('p', '2026-03-02 11:31+00'), :h2_id::bigint, 'after a time-out it is asked anew at once');
select fleet.record_session_handoff('p', '/h2.md', p_at => '2026-03-02 11:32+00') as h3_id \gset
select count(*) as done from fleet.resume_session_handoff('p', '2026-03-02 11:33+00') \gset
select isnt(fleet.request_session_handoff('p', '2026-03-02 11:40+00'), :h3_id::bigint, 'so it is once the document is taken up');
select fleet.start_session('p', 'cli', 's2', p_at => '2026-03-02 12:00+00') as s2_id \gset
select fleet.request_session_handoff('p', '2026-03-02 12:01+00') as h4_id \gset
select is((select ps_session_id from fleet.session_handoffs where id = :h4_id), :s2_id::bigint, 'another session of the project is asked for itself');
select is((select context_usage from fleet.session_handoffs where id = :h4_id), null, 'without a reading there is no usage');
select is((select count(*) from fleet.session_handoffs where state = 'asked'), 2::bigint, 'what its predecessor owes stays open');
update fleet.time_limits set duration = '2 minutes' where name = 'handoff_deadline';
select fleet.start_session('q', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('q', '2026-03-02 10:00+00') as q_id \gset
select is((select deadline_at from fleet.session_handoffs where id = :q_id), '2026-03-02 10:02+00', 'the deadline is a row of time_limits');
select fleet.start_session('f', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('f', '2300-01-01 00:00+00') as f_id \gset
select ok((select asked_at <= clock_timestamp() from fleet.session_handoffs where id = :f_id), 'an asking from the future is not believed');
select lives_ok($$select fleet.request_session_handoff('q'::varchar)$$, 'varchar works');

-- errors
select throws_ok($$select fleet.request_session_handoff('nobody')$$, 'MF001', null, 'trap 4: an unknown project is an error');
select fleet.register_spawn('spawns only', 't') as done \gset
select throws_ok($$select fleet.request_session_handoff('spawns only')$$, 'MF005', null, 'so is one that has no session');
select fleet.end_session('q', p_at => '2026-03-02 11:00+00') as done \gset
select throws_ok($$select fleet.request_session_handoff('q', '2026-03-02 11:00+00')$$, 'MF005', null, 'or whose session has ended');
select throws_ok($$select fleet.request_session_handoff('p', '2026-03-02 08:59+00')$$, 'MF003', null, 'a session is not asked before it starts');
select throws_ok($$select fleet.request_session_handoff(null)$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.request_session_handoff('*')$$, 'MF003', null, 'so is *');
select throws_ok($$select fleet.request_session_handoff('p', null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.request_session_handoff('p', '-infinity')$$, 'MF003', null, 'so is an infinite one');

select * from finish();
rollback;
