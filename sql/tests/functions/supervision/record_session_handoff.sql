begin;

\ir ../../support/helpers.psql

select plan(31);

create temp view checks as select * from fleet.health_checks union all select * from fleet.health_checks_overflow;

-- contract
select has_function(
  'fleet', 'record_session_handoff', array['text', 'text', 'text', 'timestamp with time zone'], 'it takes project, file, session and time');
select function_returns(
  'fleet', 'record_session_handoff', array['text', 'text', 'text', 'timestamp with time zone'], 'bigint', 'it returns the id of the handoff');
select is(
  pg_temp.callers('fleet.record_session_handoff(text, text, text, timestamptz)'), array['fleet_writer'],
  'writers may call it, nobody else');

-- behaviour
select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as s_id \gset
update fleet.ps_sessions set context_usage = 0.87 where project = 'p';
select fleet.request_session_handoff('p', '2026-03-02 10:00+00') as h_id \gset
select is(fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 10:03+00'), :h_id::bigint, 'it returns the handoff that was asked for');
select results_eq(
  $$select state, handoff_file_path, written_at, duration_seconds from fleet.session_handoffs$$,
  $$values ('written', '/h.md', timestamptz '2026-03-02 10:03+00', 180.000000)$$, 'the document is written, by whom it was asked, in three minutes');
select is((select handoff_file_path from fleet.ps_sessions where project = 'p'), '/h.md', 'its session bears the file''s name');
select results_eq(
  $$select check_type, status, check_time, details - 'handoff_id' - 'ps_session_id' from checks where project = 'p'$$,
  $$values ('handoff', 'ok', timestamptz '2026-03-02 10:03+00', jsonb '{"session_id": "s1", "state": "written", "context_usage": 0.87,
    "asked_at": "2026-03-02T10:00:00.000000Z", "deadline_at": "2026-03-02T10:05:00.000000Z", "handoff_file_path": "/h.md",
    "duration_seconds": 180.000000}')$$,
  'a health check says ok, with usage at trigger, file and duration');
select is((select (details ->> 'handoff_id')::bigint from checks where project = 'p'), :h_id::bigint, 'and which handoff it was');
select is(fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 10:03+00'), :h_id::bigint, 'told again it is the same');
select is(fleet.record_session_handoff('p', '/h.md', 's1', '2026-03-02 10:09+00'), :h_id::bigint, 'told again later too');
select is((select written_at from fleet.session_handoffs), '2026-03-02 10:03+00', 'and stays as it was');
select is((select count(*) from checks where project = 'p'), 1::bigint, 'one health check is recorded');
select count(*) as done from fleet.resume_session_handoff('p', '2026-03-02 10:10+00') \gset
select is(fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 10:11+00'), :h_id::bigint, 'told again after it was taken up changes nothing');
select is((select state from fleet.session_handoffs), 'resumed', 'it stays resumed');

-- edges: the deadline, and after it
select count(fleet.start_session(p, 'cli', 's', p_at => '2026-03-02 09:00+00')) as done from unnest(array['d', 'l', 'e', 'x']) as u (p) \gset
select count(fleet.request_session_handoff(p, '2026-03-02 10:00+00')) as done from unnest(array['d', 'l', 'e', 'x']) as u (p) \gset
select fleet.record_session_handoff('d', '/d.md', p_at => '2026-03-02 10:05+00') as done \gset
select is((select status from checks where project = 'd'), 'ok', 'at the deadline exactly it is in time');
select fleet.record_session_handoff('l', '/l.md', p_at => '2026-03-02 10:05:00.000001+00') as done \gset
select is((select status from checks where project = 'l'), 'warning', 'one microsecond later it is late');
select count(*) as done from fleet.expire_session_handoffs('e', '2026-03-02 10:06+00') \gset
select lives_ok($$select fleet.record_session_handoff('e', '/e.md', p_at => '2026-03-02 10:07+00')$$, 'a document that comes after the time-out is welcome');
select results_eq(
  $$select state, timed_out_at, written_at, duration_seconds from fleet.session_handoffs where project = 'e'$$,
  $$values ('written', timestamptz '2026-03-02 10:06+00', timestamptz '2026-03-02 10:07+00', 420.000000)$$, 'and the time-out is not forgotten');
select is((select string_agg(status, ' ' order by check_time) from checks where project = 'e'), 'critical warning', 'nor in the audit trail');

-- edges: a session that has moved on
select fleet.start_session('x', 'cli', 'next', p_at => '2026-03-02 10:02+00') as done \gset
select fleet.record_session_handoff('x', '/x.md', 's', '2026-03-02 10:03+00') as done \gset
select is(
  (select array_agg(h.handoff_file_path) from (select * from fleet.session_history union all select * from fleet.session_history_overflow) as h
    where h.project = 'x'), array['/x.md'], 'a session that was replaced meanwhile bears the file''s name in the history');
select is((select handoff_file_path from fleet.ps_sessions where project = 'x'), null, 'its successor does not');
select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset
select fleet.start_session('y', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('y', '2026-03-02 10:00+00') as done \gset
select fleet.start_session('y', 'cli', 'next', p_at => '2026-03-02 10:02+00') as done \gset
select fleet.record_session_handoff('y', '/y.md', p_at => '2026-03-02 10:03+00') as done \gset
select is((select handoff_file_path from fleet.session_history where project = 'y'), '/y.md', 'the same where its partition exists');

-- errors
select throws_ok($$select fleet.record_session_handoff('p', '/other.md', p_at => '2026-03-02 10:12+00')$$, 'MF006', null, 'another document is a conflict');
select throws_ok($$select fleet.record_session_handoff('nobody', '/h.md')$$, 'MF001', null, 'trap 4: an unknown project is an error');
select throws_ok($$select fleet.record_session_handoff('p', '/h.md', 'who')$$, 'MF005', null, 'so is a session that was not asked');
select throws_ok($$select fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 09:59+00')$$, 'MF005', null, 'or was not asked by then');
select throws_ok($$select fleet.record_session_handoff('p', null)$$, 'MF003', null, 'a missing file is refused');
select throws_ok($$select fleet.record_session_handoff('p', '')$$, 'MF003', null, 'an empty one too');
select throws_ok(format($$select fleet.record_session_handoff('p', %L)$$, repeat('x', 4097)), 'MF003', null, 'one that is too long too');
select throws_ok($$select fleet.record_session_handoff('p', E'/a\nb')$$, 'MF003', null, 'one with a line feed too');
select throws_ok($$select fleet.record_session_handoff('p', '/h.md', p_at => 'infinity')$$, 'MF003', null, 'an infinite time is refused');

select * from finish();
rollback;
