begin;

\ir ../../support/helpers.psql

select plan(17);

-- contract
select has_function('fleet_internal', 'require_same_length', array['integer[]'], 'require_same_length takes its arguments in this order');
select function_returns('fleet_internal', 'require_same_length', array['integer[]'], 'void', 'it returns void');
select volatility_is('fleet_internal', 'require_same_length', array['integer[]'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_same_length', array['integer[]'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_same_length(integer[])'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select lives_ok(format('select fleet_internal.require_same_length(%s)', a), label)
from (values
  ('3, 3, 3', 'equal lengths pass'),
  ('3, 3, 3, 3, 3', 'with optional ones, too'),
  ('3, 3, 3, null, 3', 'an optional array may be missing'),
  ('0, 0, 0', 'an empty batch passes')
) as t (a, label);

-- errors
select throws_ok(format('select fleet_internal.require_same_length(%s)', a), 'MF008', null, label)
from (values
  ('3, 2, 3', 'a shorter array is refused'),
  ('3, 3, 3, 4', 'a longer optional array is refused'),
  ('0, 0, 0, 1', 'an optional array beside an empty batch is refused'),
  ('null, 3, 3', 'the first array must be given'),
  ('3, null, 3', 'the second array must be given'),
  ('3, 3, null', 'the third array must be given'),
  ('null, null, null', 'arrays of null are no empty batch'),
  ('3, 3', 'two lengths are too few')
) as t (a, label);

select * from finish();

rollback;
