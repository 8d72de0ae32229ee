begin;

\ir ../../support/helpers.psql

select plan(21);

create function pg_temp.findings(p_at timestamptz) returns text language sql as $$
  select coalesce(string_agg(e.status || ' ' || e.subject, ', ' order by e.subject collate "C", e.status), 'none')
  from fleet_internal.evaluate_handoff(p_at) as e
$$;

-- contract
select has_function('fleet_internal', 'evaluate_handoff', array['timestamp with time zone'], 'evaluate_handoff takes a time');
select volatility_is('fleet_internal', 'evaluate_handoff', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'evaluate_handoff', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.evaluate_handoff(timestamptz)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(pg_temp.findings('2026-03-02 10:00+00'), 'none', 'without handoffs there is nothing to say');
select fleet.start_session('p', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('p', '2026-03-02 10:00+00') as done \gset
select is(pg_temp.findings('2026-03-02 09:59+00'), 'none', 'nor before it was asked');
select is(pg_temp.findings('2026-03-02 10:05+00'), 'ok p, ok p/s', 'at the deadline exactly all is well');
select is(pg_temp.findings('2026-03-02 10:05:00.000001+00'), 'ok p, critical p/s', 'past it the open handoff is critical');
select results_eq(
  $$select project, value, unit, critical_threshold, message, detail ->> 'session_id' from fleet_internal.evaluate_handoff('2026-03-02 10:07+00') where subject = 'p/s'$$,
  $$values ('p', 420.000, 's', 300.000000, 'no handoff document 7 min after it was asked for (allowed 5 min)', 's')$$,
  'with the time since it was asked, what is allowed, and whose it is');
select count(*) as done from fleet.expire_session_handoffs('p', '2026-03-02 10:08+00') \gset
select is(pg_temp.findings('2026-03-02 11:30+00'), 'critical p/s', 'it stays critical after the time-out while the session lives');
select fleet.request_session_handoff('p', '2026-03-02 11:31+00') as done \gset
select is(pg_temp.findings('2026-03-02 11:32+00'), 'ok p, ok p/s', 'until it is asked anew');
select fleet.record_session_handoff('p', '/h.md', p_at => '2026-03-02 11:33+00') as done \gset
select is(pg_temp.findings('2026-03-02 11:34+00'), 'ok p', 'and writes');
select count(*) as done from fleet.resume_session_handoff('p', '2026-03-02 11:35+00') \gset
select fleet.request_session_handoff('p', '2026-03-02 12:31+00') as done \gset
select fleet.record_session_handoff('p', '/h2.md', p_at => '2026-03-02 12:31+00') as done \gset
select is(pg_temp.findings('2026-03-02 12:31+00'), 'ok p', 'two handoffs an hour apart are well');
update fleet.session_handoffs set asked_at = '2026-03-02 12:30:59+00' where handoff_file_path = '/h2.md';
select is(pg_temp.findings('2026-03-02 12:30:59+00'), 'warning p', 'two within an hour are a warning');
select results_eq(
  $$select value, unit, warning_threshold, message from fleet_internal.evaluate_handoff('2026-03-02 12:30:59+00')$$,
  $$values (2::numeric, 'handoffs', 2::numeric, '2 handoffs within 1 h')$$, 'with their number');

-- edges
update fleet.time_limits set duration = '10 minutes' where name = 'handoff_spacing';
select is(pg_temp.findings('2026-03-02 12:31+00'), 'ok p', 'the span is a row of time_limits');
select is(pg_temp.findings('2026-03-03 12:31+00'), 'none', 'what is long past is no finding');
select fleet.start_session('gone', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.request_session_handoff('gone', '2026-03-02 10:00+00') as done \gset
select fleet.end_session('gone', p_at => '2026-03-02 10:01+00') as done \gset
select is(pg_temp.findings('2026-03-02 13:00+00'), 'critical gone/s', 'a session that ended without its document is critical');
select count(*) as done from fleet.expire_session_handoffs('gone', '2026-03-02 13:00+00') \gset
select is(pg_temp.findings('2026-03-02 13:01+00'), 'none', 'until the time-out is recorded: nobody can write it any more');

-- errors: as a check
select results_eq(
  $$select name, subject, status from fleet.run_check('handoff', '2026-03-02 12:30:59+00')$$, $$values ('handoff', 'p', 'ok')$$,
  'run_check runs it');
select is((select count(*) from fleet.run_checks('2026-03-02 12:31+00') where name = 'handoff' and status = 'unknown'), 0::bigint, 'so does run_checks');

select * from finish();

rollback;
