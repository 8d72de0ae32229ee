begin;

\ir ../../support/helpers.psql

select plan(40);

-- contract
select has_function(
  'fleet_internal', 'require_context_reading', array['numeric', 'bigint', 'bigint'],
  'require_context_reading takes its arguments in this order');
select function_returns('fleet_internal', 'require_context_reading', array['numeric', 'bigint', 'bigint'], 'void', 'it returns void');
select volatility_is(
  'fleet_internal', 'require_context_reading', array['numeric', 'bigint', 'bigint'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_context_reading', array['numeric', 'bigint', 'bigint'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_context_reading(numeric,bigint,bigint)'), '{}'::text[],
  'nobody but its owner may call it');

-- behaviour
select lives_ok(format('select fleet_internal.require_context_reading(%L, %L, %L)', p, u, t), label)
from (values
  ('31.6', '63153', '200000', 'percentage and tokens that agree are accepted'),
  ('31.6', null, '200000', 'tokens used may be missing'),
  ('31.6', '63153', null, 'the total may be missing'),
  ('31.6', null, null, 'both may be'),
  ('0', '0', '200000', 'an empty window is accepted'),
  ('100', '200000', '200000', 'a full one is accepted'),
  ('0.7', '1400', '200000', '0.7 is 0.7 per cent'),
  ('30.5', '63000', '200000', 'a point apart is accepted'),
  ('32.5', '63000', '200000', 'to the other side too'),
  ('0', '1', '1000000', 'rounding down to nothing is accepted'),
  ('100', '9223372036854775807', '9223372036854775807', 'any number of tokens may be used'),
  ('0', '0', '1', 'a window of one token is accepted')
) as t (p, u, t, label);

-- errors
select throws_ok(format('select fleet_internal.require_context_reading(%L, %L, %L)', p, u, t), 'MF003', null, label)
from (values
  (null, '63153', '200000', 'a missing percentage is refused'),
  ('-0.1', null, null, 'a negative one is refused'),
  ('100.000001', null, null, 'a little over 100 is refused'),
  ('101', '200000', '200000', 'trap 5: 101 is refused'),
  ('NaN', null, null, 'trap 5: NaN is refused'),
  ('NaN', '63153', '200000', 'with tokens too'),
  ('Infinity', null, null, 'infinity is refused'),
  ('-Infinity', null, null, '-infinity is refused'),
  ('0.7', '140000', '200000', 'trap 5: 0.7 for 70 per cent contradicts the tokens'),
  ('0.316', '63153', '200000', 'so does a share for a percentage'),
  ('30.499999', '63000', '200000', 'a little over a point apart is refused'),
  ('32.500001', '63000', '200000', 'to the other side too'),
  ('31.6', '-1', '200000', 'negative tokens are refused'),
  ('31.6', '-1', null, 'without a total too'),
  ('100', '200001', '200000', 'more used than there are is refused, though less than a point'),
  ('0', '0', '0', 'a window of nothing is refused'),
  ('0', null, '-1', 'a negative one is refused')
) as t (p, u, t, label);
select alike(
  pg_temp.complaint($$select fleet_internal.require_context_reading(p, u, t)$$ || format(' from (values (%L::numeric, %s, %s)) as v (p, u, t)', p, u, t)),
  '%' || word || '%', 'the complaint says what is wrong: ' || word)
from (values
  ('101', 'null::bigint', 'null::bigint', 'Percentage 101, used null, total null'),
  ('0.7', '140000', '200000', 'more than a point apart'),
  ('99', '200001', '200000', 'more tokens are used than there are'),
  ('NaN', '1', '2', 'Percentage NaN, used 1, total 2')) as t (p, u, t, word);
select throws_ok($$select fleet_internal.require_context_reading(1e1000, 1, 1)$$, 'MF003', null, 'a percentage with a thousand digits is refused');
select throws_ok(
  $$select fleet_internal.require_context_reading(50, 1, 9223372036854775807)$$, 'MF003', null, 'a contradiction is seen at any size');

select * from finish();

rollback;
