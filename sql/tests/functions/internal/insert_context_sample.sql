begin;

\ir ../../support/helpers.psql

select plan(16);

-- contract
select has_function(
  'fleet_internal', 'insert_context_sample', array['text', 'bigint', 'numeric', 'bigint', 'bigint', 'timestamp with time zone'],
  'insert_context_sample takes its arguments in this order');
select function_returns('fleet_internal', 'insert_context_sample', array['text', 'bigint', 'numeric', 'bigint', 'bigint', 'timestamp with time zone'], 'void', 'it returns void');
select volatility_is(
  'fleet_internal', 'insert_context_sample', array['text', 'bigint', 'numeric', 'bigint', 'bigint', 'timestamp with time zone'], 'volatile',
  'it writes');
select isnt_definer('fleet_internal', 'insert_context_sample', array['text', 'bigint', 'numeric', 'bigint', 'bigint', 'timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.insert_context_sample(text,bigint,numeric,bigint,bigint,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.context_samples_a partition of fleet.context_samples for values from ('2001-02-03 00:00+00') to ('2001-02-04 00:00+00');

-- behaviour
select lives_ok(
  $$select fleet_internal.insert_context_sample('p', -1, 0.316, 63153, 200000, '2001-02-03 04:00+00')$$, 'a reading is kept');
select results_eq(
  'select project, ps_session_id, context_usage, tokens_used, tokens_total, sampled_at from fleet.context_samples',
  $$values ('p', -1::bigint, 0.316, 63153::bigint, 200000::bigint, timestamptz '2001-02-03 04:00+00')$$, 'as it was given, in its partition');
select fleet_internal.insert_context_sample('p', -1, 0.4, 80000, 200000, '2001-02-03 04:00+00');
select results_eq(
  'select context_usage, tokens_used from fleet.context_samples', $$values (0.4, 80000::bigint)$$, 'of two readings of one instant the later told stands');
select fleet_internal.insert_context_sample('p', -1, 0.4, 80000, 200000, '2001-02-03 04:00:00.000001+00');
select fleet_internal.insert_context_sample('p', -2, 0.4, 80000, 200000, '2001-02-03 04:00+00');
select fleet_internal.insert_context_sample('q', -1, 0.4, 80000, 200000, '2001-02-03 04:00+00');
select is((select count(*) from fleet.context_samples), 4::bigint, 'another instant, session or project is another sample');

-- behaviour: overflow
select fleet_internal.insert_context_sample('p', -1, 0.1, 20000, 200000, '2001-02-04 00:00+00');
select fleet_internal.insert_context_sample('p', -1, 0.2, 40000, 200000, '2001-02-04 00:00+00');
select results_eq(
  'select project, context_usage, tokens_used, sampled_at from fleet.context_samples_overflow',
  $$values ('p', 0.2, 40000::bigint, timestamptz '2001-02-04 00:00+00')$$,
  'a row for whose day no partition exists is kept in the overflow table, the later told alike');
select count(*) as done from fleet.ensure_partitions('2001-02-04 00:00+00') \gset
select is((select count(*) from fleet.context_samples_overflow), 0::bigint, 'once there is a partition it moves there');
select is((select context_usage from fleet.context_samples where sampled_at = '2001-02-04 00:00+00'), 0.2, 'whole');

-- errors
select throws_ok(format('select fleet_internal.insert_context_sample(%L, -1, %s, %s, %s, %L)', 'p', u, n, t, at), '23514', null, label)
from (values
  ('''NaN''', 1, 2, '2001-02-03 05:00+00', 'what is no reading is refused, and does not slip into the overflow'),
  ('1.1', 1, 2, '2001-02-03 05:00+00', 'nor does more than full'),
  ('0.5', 3, 2, '2001-02-03 05:00+00', 'nor more used than there are'),
  ('0.5', 1, 2, 'infinity', 'nor a time without end')
) as t (u, n, t, at, label);

select * from finish();

rollback;
