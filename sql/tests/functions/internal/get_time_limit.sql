begin;

\ir ../../support/helpers.psql

select plan(5);

-- contract
select is(pg_temp.callers('fleet_internal.get_time_limit(text,interval)'), array['fleet_reader']::text[], 'a reader may call it');
select volatility_is('fleet_internal', 'get_time_limit', array['text', 'interval'], 'stable', 'it reads only');

-- behaviour
update fleet.time_limits set duration = interval '5 minutes' where name = 'clock_tolerance';
select is(fleet_internal.get_time_limit('clock_tolerance', interval '1 minute'), interval '5 minutes', 'the row holds');

-- edges
delete from fleet.time_limits;
select is(fleet_internal.get_time_limit('clock_tolerance', interval '1 minute'), interval '1 minute', 'without a row the built-in limit holds');
select fleet.start_session('p', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.touch_session('p', p_at => '2026-03-02 10:05+00') as done \gset
select is((select last_activity from fleet.ps_sessions), '2026-03-02 10:05+00', 'a deleted row stops no touch');

select * from finish();
rollback;
