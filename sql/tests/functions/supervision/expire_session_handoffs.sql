begin;

\ir ../../support/helpers.psql

select plan(15);

create temp view checks as select * from fleet.health_checks union all select * from fleet.health_checks_overflow;

-- contract
select has_function('fleet', 'expire_session_handoffs', array['text', 'timestamp with time zone'], 'it takes a project and a time');
select is(
  pg_temp.callers('fleet.expire_session_handoffs(text, timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');

-- behaviour
select count(fleet.start_session(p, 'cli', 's-' || p, p_at => '2026-03-02 09:00+00')) as done from unnest(array['b', 'a', 'w', 'late']) as u (p) \gset
update fleet.ps_sessions set context_usage = 0.9;
select count(fleet.request_session_handoff(p, '2026-03-02 10:00+00')) as done from unnest(array['b', 'a', 'w']) as u (p) \gset
select fleet.request_session_handoff('late', '2026-03-02 10:01+00') as done \gset
select fleet.record_session_handoff('w', '/w.md', p_at => '2026-03-02 10:01+00') as done \gset
select is_empty($$select 1 from fleet.expire_session_handoffs(p_at => '2026-03-02 10:05+00')$$, 'at the deadline exactly nothing times out');
select results_eq(
  $$select project, session_id, asked_at, deadline_at from fleet.expire_session_handoffs(p_at => '2026-03-02 10:05:00.000001+00')$$,
  $$values ('a', 's-a', timestamptz '2026-03-02 10:00+00', timestamptz '2026-03-02 10:05+00'),
    ('b', 's-b', timestamptz '2026-03-02 10:00+00', timestamptz '2026-03-02 10:05+00')$$,
  'one microsecond later those do whose document did not come, in the order of their keys');
select results_eq(
  'select project, state, timed_out_at from fleet.session_handoffs order by project',
  $$values ('a', 'timed_out', timestamptz '2026-03-02 10:05:00.000001+00'), ('b', 'timed_out', timestamptz '2026-03-02 10:05:00.000001+00'),
    ('late', 'asked', null), ('w', 'written', null)$$, 'and no others');
select results_eq(
  $$select project, check_type, status, check_time, details ->> 'context_usage', details ->> 'state' from checks where status = 'critical' order by project$$,
  $$values ('a', 'handoff', 'critical', timestamptz '2026-03-02 10:05:00.000001+00', '0.9', 'timed_out'),
    ('b', 'handoff', 'critical', timestamptz '2026-03-02 10:05:00.000001+00', '0.9', 'timed_out')$$,
  'each is recorded as critical, with the usage at trigger');
select is_empty($$select 1 from fleet.expire_session_handoffs(p_at => '2026-03-02 10:05:30+00')$$, 'a second run finds nothing new');
select is((select count(*) from checks where status = 'critical'), 2::bigint, 'and records nothing');

-- edges
select is_empty($$select 1 from fleet.expire_session_handoffs('a', '2026-03-02 10:10+00')$$, 'one project can be asked for alone');
select fleet.end_session('late', p_at => '2026-03-02 10:02+00') as done \gset
select is(
  (select count(*) from fleet.expire_session_handoffs('late', '2026-03-02 10:10+00')), 1::bigint,
  'a session that ended without writing has timed out as well');
select fleet.start_session('future', p_at => now() - interval '1 minute') as done \gset
select fleet.request_session_handoff('future') as done \gset
select is_empty($$select 1 from fleet.expire_session_handoffs('future', '2300-01-01 00:00+00')$$, 'a time from the future is not believed: nothing times out by it');

-- errors
select throws_ok($$select * from fleet.expire_session_handoffs('nobody')$$, 'MF001', null, 'trap 4: an unknown project is an error');
select throws_ok($$select * from fleet.expire_session_handoffs(p_at => null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.expire_session_handoffs(p_at => 'infinity')$$, 'MF003', null, 'an infinite one too');
set local role fleet_reader;
select throws_ok($$select * from fleet.expire_session_handoffs()$$, '42501', null, 'a reader may not call it');
reset role;

select * from finish();
rollback;
