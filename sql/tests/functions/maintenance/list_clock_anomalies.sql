begin;

\ir ../../support/helpers.psql

select plan(13);

-- contract
select has_function(
  'fleet', 'list_clock_anomalies', array['timestamp with time zone'],
  'list_clock_anomalies takes its arguments in this order');
select function_returns('fleet', 'list_clock_anomalies', array['timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet', 'list_clock_anomalies', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet', 'list_clock_anomalies', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet.list_clock_anomalies(timestamp with time zone)'), array['fleet_reader'], 'fleet_reader may call it');

insert into fleet.clock_anomalies (routing_key, source, claimed_at, recorded_at, occurrences) values
  ('b', 'start_session', '2001-02-03 05:00+00', '2001-02-03 04:00+00', 3),
  ('a', 'start_session', '2001-02-03 04:01:00.1234+00', '2001-02-03 04:00+00', 1),
  ('a', 'end_session', '2999-01-01 00:00+00', '2001-02-04 04:00+00', 2);

-- behaviour
select results_eq(
  $$select routing_key, source, claimed_at, recorded_at, occurrences from fleet.list_clock_anomalies()$$,
  $$values
    ('a', 'end_session', timestamptz '2999-01-01 00:00+00', timestamptz '2001-02-04 04:00+00', 2::bigint),
    ('a', 'start_session', '2001-02-03 04:01:00.1234+00', '2001-02-03 04:00+00', 1),
    ('b', 'start_session', '2001-02-03 05:00+00', '2001-02-03 04:00+00', 3)$$,
  'everything that callers claimed of the future, the latest first, then by key and function');
select results_eq(
  $$select ahead_seconds from fleet.list_clock_anomalies() where source = 'start_session'$$,
  'values (60.123), (3600.000)', 'ahead_seconds is how far ahead the claim was, to the millisecond');
select results_eq(
  $$select recorded_at from fleet.list_clock_anomalies('2001-02-04 04:00+00')$$,
  $$values (timestamptz '2001-02-04 04:00+00')$$, 'p_since leaves out what was recorded before it');
select is_empty($$select * from fleet.list_clock_anomalies('2001-02-04 04:00:01+00')$$, 'and keeps what was recorded at it');

-- edges
select lives_ok(
  $$select fleet.start_session('p', p_at => '2999-01-01 00:00+00')$$, 'a writer that is told of the future records it');
select results_eq(
  $$select source, occurrences from fleet.list_clock_anomalies() where routing_key = 'p'$$,
  $$values ('start_session', 1::bigint)$$, 'and it is listed');
alter table fleet.clock_anomalies drop constraint clock_anomalies_claimed_at_check;
alter table fleet.clock_anomalies drop constraint clock_anomalies_recorded_at_check;
insert into fleet.clock_anomalies (routing_key, source, claimed_at, recorded_at) values ('poison', 'x', 'infinity', '2001-02-03 04:00+00');
select lives_ok($$select * from fleet.list_clock_anomalies()$$, 'a row with an infinite time does not hide the others');

-- privileges
set local role fleet_reader;
select lives_ok($$select * from fleet.list_clock_anomalies('2001-02-04 04:00+00')$$, 'a reader may ask');
reset role;

select * from finish();

rollback;
