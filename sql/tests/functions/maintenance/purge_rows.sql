begin;

\ir ../../support/helpers.psql

select plan(16);

-- contract
select has_function('fleet', 'purge_rows', array['text', 'integer', 'timestamp with time zone'], 'it takes a table, a limit and a time');
select function_returns('fleet', 'purge_rows', array['text', 'integer', 'timestamp with time zone'], 'bigint', 'it returns how many rows went');
select is(pg_temp.callers('fleet.purge_rows(text, integer, timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');

-- behaviour
insert into fleet.session_handoffs (project, ps_session_id, state, asked_at, deadline_at, timed_out_at)
select 'p', n, 'timed_out', t, t, t
from (values (1, timestamptz '2020-01-01 00:00+00'), (2, '2020-01-02 00:00+00'), (3, '2022-06-01 00:00+00')) as v (n, t);
insert into fleet.session_handoffs (project, ps_session_id, asked_at, deadline_at) values ('p', 4, '2020-01-01 00:00+00', '2020-01-01 00:00+00');
insert into fleet.health_check_counts
select 'p', d, 'spawn', 'ok', 1, '2020-01-01 00:00+00'
from unnest(array['2020-01-01', '2020-01-02', '2022-06-01']::date[]) as u (d);
select is(fleet.purge_rows('session_handoffs', 1, '2022-06-01 00:00+00'), 1::bigint, 'at most p_limit rows go a call');
select is((select min(asked_at) from fleet.session_handoffs where state <> 'asked'), '2020-01-02 00:00+00', 'the oldest first');
select is(fleet.purge_rows('session_handoffs', p_at => '2022-06-01 00:00+00'), 1::bigint, 'then the rest of what is past its time');
select is(fleet.purge_rows('session_handoffs', p_at => '2022-06-01 00:00+00'), 0::bigint, 'then nothing');
select set_eq('select ps_session_id from fleet.session_handoffs', array[3::bigint, 4], 'what is younger stays, and what is open');
select is(fleet.purge_rows('health_check_counts', p_at => '2022-06-01 00:00+00'), 2::bigint, 'the same for daily counts');
select is((select min(check_date) from fleet.health_check_counts), '2022-06-01', 'the younger day stays');

-- edges
select is(
  fleet.purge_rows('health_check_counts', p_at => '2020-01-01 00:00+00'), 0::bigint, 'reckoned from long ago nothing is due');
insert into fleet.health_check_counts values ('p', now()::date, 'spawn', 'ok', 1, now());
select fleet.purge_rows('health_check_counts', p_at => '9000-01-01 00:00+00') as done \gset
select is((select count(*) from fleet.health_check_counts), 1::bigint, 'a time from the future drops nothing that is still wanted');

-- errors
select throws_ok($$select fleet.purge_rows('ps_sessions')$$, 'MF004', null, 'a table with another action is refused');
select throws_ok($$select fleet.purge_rows(null)$$, 'MF004', null, 'a missing table too');
select throws_ok($$select fleet.purge_rows('session_handoffs', 0)$$, 'MF003', null, 'a limit of nothing too');
select throws_ok($$select fleet.purge_rows('session_handoffs', p_at => null)$$, 'MF003', null, 'a missing time too');

select * from finish();
rollback;
