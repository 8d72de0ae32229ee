begin;

\ir ../../support/helpers.psql

select plan(27);

-- contract
select has_function(
  'fleet_internal', 'believe_instant', array['text', 'text', 'timestamp with time zone'],
  'believe_instant takes its arguments in this order');
select function_returns(
  'fleet_internal', 'believe_instant', array['text', 'text', 'timestamp with time zone'], 'timestamp with time zone',
  'it returns timestamp with time zone');
select volatility_is('fleet_internal', 'believe_instant', array['text', 'text', 'timestamp with time zone'], 'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'believe_instant', array['text', 'text', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.believe_instant(text,text,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

-- behaviour
select is(
  fleet_internal.believe_instant('p', 'f', '2001-02-03 04:05+00'), timestamptz '2001-02-03 04:05+00', 'the past is believed');
select is(fleet_internal.believe_instant('p', 'f', now()), now(), 'the present is believed');
select is_empty('select from fleet.clock_anomalies', 'what is believed leaves no trace');

create temporary table told as
select clock_timestamp() as before, fleet_internal.believe_instant('p', 'f', '2999-01-01 00:00+00') as believed, clock_timestamp() as after;
select ok(
  (select believed between before and after from told), 'an instant of the far future is replaced by the server''s clock');
select results_eq(
  'select routing_key, source, claimed_at, occurrences from fleet.clock_anomalies',
  $$values ('p', 'f', timestamptz '2999-01-01 00:00+00', 1::bigint)$$,
  'it is recorded: whose, told to which function, what was claimed');
select ok(
  (select a.recorded_at between t.before and t.after from fleet.clock_anomalies as a cross join told as t),
  'with the server''s clock at that moment');

select lives_ok(
  $$select fleet_internal.believe_instant('p', 'f', '2998-01-01 00:00+00')$$, 'a second claim is no error');
select results_eq(
  'select claimed_at, occurrences from fleet.clock_anomalies',
  $$values (timestamptz '2999-01-01 00:00+00', 2::bigint)$$,
  'a second claim is counted; the latest instant claimed is kept');
select lives_ok($$select fleet_internal.believe_instant('p', 'g', '2998-01-01 00:00+00')$$, 'another function is told');
select lives_ok($$select fleet_internal.believe_instant('q', 'f', '2998-01-01 00:00+00')$$, 'another project claims');
select is((select count(*) from fleet.clock_anomalies), 3::bigint, 'there is one row a caller and kind of claim');

-- edges
delete from fleet.clock_anomalies;
create temporary table claims as
select c.claim, fleet_internal.believe_instant('p', 'f', c.claim) as believed
from (select clock_timestamp() + d as claim from unnest(array[interval '1 minute', interval '30 seconds']) as u (d)) as c;
select ok((select bool_and(believed = claim) from claims), 'up to the tolerance of a minute the future is believed');
select is_empty('select from fleet.clock_anomalies', 'without a trace');
select ok(
  (select fleet_internal.believe_instant('p', 'f', c.claim) < c.claim
  from (select clock_timestamp() + interval '75 seconds' as claim) as c),
  'beyond the tolerance it is not');
update fleet.time_limits set duration = interval '1 hour' where name = 'clock_tolerance';
select ok(
  (select fleet_internal.believe_instant('p', 'g', c.claim) = c.claim
  from (select clock_timestamp() + interval '59 minutes' as claim) as c),
  'the tolerance is a row');
update fleet.time_limits set duration = interval '0' where name = 'clock_tolerance';
select ok(
  (select fleet_internal.believe_instant('p', 'g', c.claim) < c.claim
  from (select clock_timestamp() + interval '10 seconds' as claim) as c),
  'a tolerance of nothing is kept to');
delete from fleet.time_limits where name = 'clock_tolerance';
select ok(
  (select fleet_internal.believe_instant('p', 'h', '2999-01-01 00:00+00') < '2999-01-01 00:00+00'),
  'with the row gone the future is still not believed');
select is(
  fleet_internal.believe_instant('p', 'h', '2001-01-01 00:00+00'), timestamptz '2001-01-01 00:00+00', 'and the past still is');

-- errors
select throws_ok(format('select fleet_internal.believe_instant(%L, %L, %L)', 'p', 'f', at), 'MF003', null, label)
from (values
  (null, 'null is refused'),
  ('infinity', 'infinity is refused, not recorded'),
  ('-infinity', '-infinity is refused'),
  ('1999-12-31 23:59+00', 'an instant before 2000 is refused')
) as t (at, label);

select * from finish();

rollback;
