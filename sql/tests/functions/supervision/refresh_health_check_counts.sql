begin;

\ir ../../support/helpers.psql

select plan(18);

-- contract
select has_function('fleet', 'refresh_health_check_counts', array['timestamp with time zone'], 'it takes a time');
select function_returns('fleet', 'refresh_health_check_counts', array['timestamp with time zone'], 'bigint', 'it returns how many deltas were folded');
select is(
  pg_temp.callers('fleet.refresh_health_check_counts(timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');

-- behaviour
select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset
select is(fleet.refresh_health_check_counts('2026-03-03 00:00+00'), 0::bigint, 'nothing was recorded, nothing is folded');
select count(fleet.record_health_check('p', 'spawn', 'ok', '{}', null, timestamptz '2026-03-02 10:00+00' + n * interval '10 minutes')) as done
from generate_series(0, 5) as n \gset
select fleet.record_health_check('p', 'spawn', 'critical', '{}', null, '2026-03-02 12:00+00') as done \gset
select fleet.record_health_check('*', 'partitions', 'ok', '{}', null, '2026-03-02 12:00+00') as done \gset
select is((select count(*) from fleet.health_check_counts), 0::bigint, 'until it is called nothing is in the counts');
select is(fleet.refresh_health_check_counts('2026-03-03 00:00+00'), 8::bigint, 'it folds them all');
select results_eq(
  'select project, check_date, check_type, status, check_count, last_check_time from fleet.health_check_counts order by 1, 2, 3, 4',
  $$values ('*', date '2026-03-02', 'partitions', 'ok', 1::bigint, timestamptz '2026-03-02 12:00+00'),
    ('p', date '2026-03-02', 'spawn', 'critical', 1::bigint, timestamptz '2026-03-02 12:00+00'),
    ('p', date '2026-03-02', 'spawn', 'ok', 6::bigint, timestamptz '2026-03-02 10:50+00')$$, 'a row a day, kind and status');
select is((select count(*) from fleet.health_check_deltas), 0::bigint, 'and takes them away');
select is(fleet.refresh_health_check_counts('2026-03-03 00:00+00'), 0::bigint, 'a second call finds nothing');
select fleet.record_health_check('p', 'spawn', 'ok', '{}', null, '2026-03-02 09:00+00') as done \gset
select is(fleet.refresh_health_check_counts('2026-03-03 00:00+00'), 1::bigint, 'what comes late for a day that is counted is folded into it');
select results_eq(
  $$select check_count, last_check_time from fleet.health_check_counts where project = 'p' and status = 'ok'$$,
  $$values (7::bigint, timestamptz '2026-03-02 10:50+00')$$, 'and does not move the last check back');
select fleet.record_health_check('p', 'spawn', 'ok', '{}', null, '2026-03-02 09:00+00') as done \gset
select is(fleet.refresh_health_check_counts('2026-03-03 00:00+00'), 0::bigint, 'a repeated record counts once');

-- edges
select fleet.record_health_check('p', 'spawn', 'ok', '{}', null, '2026-03-03 00:00+00') as done \gset
select fleet.record_health_check('p', 'spawn', 'ok', '{}', null, '2026-03-02 23:59:59.999999+00') as done \gset
select is(fleet.refresh_health_check_counts('2026-03-02 23:59+00'), 1::bigint, 'days after p_at wait; days are those of UTC');
select is(fleet.refresh_health_check_counts(), 1::bigint, 'for the next call');
select fleet.record_health_check('o', 'spawn', 'ok', '{}', null, '2001-02-03 04:00+00') as done \gset
select is(fleet.refresh_health_check_counts(), 0::bigint, 'a check that waits without a partition is not counted yet');
select count(*) as done from fleet.ensure_partitions('2001-02-03 04:00+00') \gset
select is(fleet.refresh_health_check_counts(), 1::bigint, 'but once it has moved there, and once');

-- errors
select throws_ok($$select fleet.refresh_health_check_counts(null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.refresh_health_check_counts('infinity')$$, 'MF003', null, 'an infinite one too');

select * from finish();
rollback;
