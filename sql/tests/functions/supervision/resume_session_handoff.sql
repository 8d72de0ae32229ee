begin;

\ir ../../support/helpers.psql

select plan(19);

-- contract
select has_function('fleet', 'resume_session_handoff', array['text', 'timestamp with time zone'], 'it takes a project and a time');
select is(
  pg_temp.callers('fleet.resume_session_handoff(text, timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');

-- behaviour
select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as s1_id \gset
update fleet.ps_sessions set context_usage = 0.9 where project = 'p';
select fleet.request_session_handoff('p', '2026-03-02 10:00+00') as h_id \gset
select throws_ok($$select * from fleet.resume_session_handoff('p', '2026-03-02 10:01+00')$$, 'MF005', null, 'what is only asked for cannot be taken up');
select fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 10:03+00') as done \gset
select fleet.start_session('p', 'cli', 's2', p_at => '2026-03-02 10:05+00') as s2_id \gset
select results_eq(
  $$select id, handoff_file_path, session_id, context_usage, asked_at, written_at, resumed_at from fleet.resume_session_handoff('p', '2026-03-02 10:06+00')$$,
  format($$values (%s::bigint, '/h.md', 's1', 0.9, timestamptz '2026-03-02 10:00+00', timestamptz '2026-03-02 10:03+00',
    timestamptz '2026-03-02 10:06+00')$$, :h_id),
  'the next session gets the document, and who wrote it when');
select results_eq(
  'select state, resumed_at, resumed_ps_session_id from fleet.session_handoffs',
  format($$values ('resumed', timestamptz '2026-03-02 10:06+00', %s::bigint)$$, :s2_id), 'the handoff is resumed, by that session');
select results_eq(
  $$select id, resumed_at from fleet.resume_session_handoff('p', '2026-03-02 10:07+00')$$,
  format($$values (%s::bigint, timestamptz '2026-03-02 10:06+00')$$, :h_id), 'asked again by the same session, the answer is the same');

-- edges
select fleet.start_session('p', 'cli', 's3', p_at => '2026-03-02 10:30+00') as done \gset
select throws_ok($$select * from fleet.resume_session_handoff('p', '2026-03-02 10:31+00')$$, 'MF005', null, 'a document is taken up once');
select fleet.start_session('self', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('self', '2026-03-02 10:00+00') as done \gset
select fleet.record_session_handoff('self', '/1.md', p_at => '2026-03-02 10:01+00') as done \gset
select is(
  (select handoff_file_path from fleet.resume_session_handoff('self', '2026-03-02 10:02+00')), '/1.md',
  'a session that starts afresh may take up its own');
select fleet.request_session_handoff('self', '2026-03-02 13:00+00') as done \gset
select fleet.record_session_handoff('self', '/2.md', p_at => '2026-03-02 13:01+00') as done \gset
select fleet.request_session_handoff('self', '2026-03-02 16:00+00') as done \gset
select fleet.record_session_handoff('self', '/3.md', p_at => '2026-03-02 16:01+00') as done \gset
select is((select handoff_file_path from fleet.resume_session_handoff('self', '2026-03-02 16:02+00')), '/3.md', 'the newest document is taken up');
select is((select handoff_file_path from fleet.resume_session_handoff('self', '2026-03-02 16:03+00')), '/3.md', 'and no older one after it');
select is(
  (select string_agg(state, ' ' order by asked_at) from fleet.session_handoffs where project = 'self'), 'resumed written resumed',
  'one that was superseded stays written');
select throws_ok(
  $$select * from fleet.resume_session_handoff('self', '2026-03-02 09:30+00')$$, 'MF005', null,
  'a document of later is not there yet');

-- errors
select throws_ok($$select * from fleet.resume_session_handoff('nobody')$$, 'MF001', null, 'trap 4: an unknown project is an error');
select fleet.register_spawn('spawns only', 't') as done \gset
select throws_ok($$select * from fleet.resume_session_handoff('spawns only')$$, 'MF005', null, 'a project without a session has nobody to resume');
select fleet.start_session('fresh', p_at => '2026-03-02 09:00+00') as done \gset
select throws_ok($$select * from fleet.resume_session_handoff('fresh')$$, 'MF005', null, 'nothing was ever handed over');
select ok(
  pg_temp.complaint($$select * from fleet.resume_session_handoff('fresh', '2026-03-02 10:00+00')$$) like '%No document was written by 2026%',
  'and the error says so');
select fleet.end_session('fresh', p_at => '2026-03-02 10:00+00') as done \gset
select throws_ok($$select * from fleet.resume_session_handoff('fresh', '2026-03-02 10:01+00')$$, 'MF005', null, 'an ended session resumes nothing');
select throws_ok($$select * from fleet.resume_session_handoff(null)$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select * from fleet.resume_session_handoff('p', null)$$, 'MF003', null, 'a missing time too');

select * from finish();
rollback;
