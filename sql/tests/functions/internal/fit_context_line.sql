begin;

\ir ../../support/helpers.psql

select plan(20);

-- contract
select has_function(
  'fleet_internal', 'fit_context_line', array['text', 'bigint', 'timestamp with time zone', 'timestamp with time zone'],
  'fit_context_line takes its arguments in this order');
select function_returns(
  'fleet_internal', 'fit_context_line', array['text', 'bigint', 'timestamp with time zone', 'timestamp with time zone'],
  'setof record', 'it returns setof record');
select volatility_is(
  'fleet_internal', 'fit_context_line', array['text', 'bigint', 'timestamp with time zone', 'timestamp with time zone'],
  'stable', 'it only reads');
select isnt_definer(
  'fleet_internal', 'fit_context_line', array['text', 'bigint', 'timestamp with time zone', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.fit_context_line(text,bigint,timestamp with time zone,timestamp with time zone)'),
  array['fleet_reader'], 'fleet_reader may call it');

create table fleet.context_samples_a partition of fleet.context_samples for values from ('2001-02-03 00:00+00') to ('2001-02-04 00:00+00');
-- session -1 grows by a hundredth a second, -2 falls by a tenth exactly, -3 by more, -4 lies on both sides of midnight
insert into fleet.context_samples
select 'p', timestamptz '2001-02-03 04:00+00' + n * interval '1 second', -1, 0.1 + n * 0.01, 20000, 200000 from generate_series(0, 9) as n;
insert into fleet.context_samples
values
  ('p', '2001-02-03 04:00:00+00', -2, 0.5, 1, 2), ('p', '2001-02-03 04:00:01+00', -2, 0.4, 1, 2), ('p', '2001-02-03 04:00:02+00', -2, 0.3, 1, 2),
  ('p', '2001-02-03 04:00:00+00', -3, 0.5, 1, 2), ('p', '2001-02-03 04:00:01+00', -3, 0.39, 1, 2), ('p', '2001-02-03 04:00:02+00', -3, 0.4, 1, 2),
  ('q', '2001-02-03 04:00:00+00', -1, 0.9, 1, 2), ('p', '2001-02-03 23:59:59+00', -4, 0.1, 1, 2);
insert into fleet.context_samples_overflow values ('p', '2001-02-04 00:00:01+00', -4, 0.3, 1, 2);
create function pg_temp.line(p_session bigint, p_after timestamptz, p_at timestamptz) returns text language sql as $$
  select concat_ws(' ', l.samples, l.slope, coalesce(round(l.fit, 6)::text, '-'), l.latest, to_char(l.latest_at at time zone 'UTC', 'HH24:MI:SS'),
    to_char(l.compacted_at at time zone 'UTC', 'HH24:MI:SS'))
  from fleet_internal.fit_context_line('p', p_session, p_after, p_at) as l
$$;

-- behaviour
select is(pg_temp.line(s, a::timestamptz, b::timestamptz), expected, label)
from (values
  (-1, '2001-02-03 03:00+00', '2001-02-03 05:00+00', '10 0.0100000000 1.000000 0.19 04:00:09', 'a line has its slope, in use a second'),
  (-1, '2001-02-03 04:00:00+00', '2001-02-03 05:00+00', '9 0.0100000000 1.000000 0.19 04:00:09', 'the beginning of the window is not in it'),
  (-1, '2001-02-03 03:00+00', '2001-02-03 04:00:08+00', '9 0.0100000000 1.000000 0.18 04:00:08', 'its end is'),
  (-1, '2001-02-03 03:00+00', '2001-02-03 04:00:01+00', '2 0.0100000000 - 0.11 04:00:01', 'two samples have a slope and no fit'),
  (-1, '2001-02-03 03:00+00', '2001-02-03 04:00:00+00', '1 - 0.10 04:00:00', 'one has neither'),
  (-1, '2001-02-03 04:00:09+00', '2001-02-03 05:00+00', '0 -', 'none are none'),
  (-1, '2001-02-03 05:00+00', '2001-02-03 03:00+00', '0 -', 'nor are any in a window the wrong way round'),
  (-2, '2001-02-03 03:00+00', '2001-02-03 05:00+00', '3 -0.1000000000 1.000000 0.3 04:00:02', 'a fall by a tenth is no compaction'),
  (-3, '2001-02-03 03:00+00', '2001-02-03 05:00+00', '2 0.0100000000 - 0.4 04:00:02 04:00:01', 'a fall by more is, and begins a new line'),
  (-3, '2001-02-03 04:00:00+00', '2001-02-03 05:00+00', '2 0.0100000000 - 0.4 04:00:02', 'one at the edge of the window is not seen, nor needed'),
  (-4, '2001-02-03 03:00+00', '2001-02-05 05:00+00', '2 0.1000000000 - 0.3 00:00:01', 'partition and overflow are one line'),
  (-9, '2001-02-03 03:00+00', '2001-02-03 05:00+00', '0 -', 'an unknown session has none')
) as t (s, a, b, expected, label);
select is(
  (select l.samples from fleet_internal.fit_context_line('q', -1, '2001-02-03 03:00+00', '2001-02-03 05:00+00') as l), 1::bigint,
  'another project''s samples are another''s');
select is((select count(*) from fleet_internal.fit_context_line(null, null, null, null)), 1::bigint, 'there is always one row');
select is(
  (select l.slope from fleet_internal.fit_context_line('p', -1, '2001-02-03 03:00+00', '9000-01-01 00:00+00') as l), 0.01,
  'a line is as exact from seven thousand years away');

select * from finish();

rollback;
