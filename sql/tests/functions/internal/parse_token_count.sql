begin;

\ir ../../support/helpers.psql

select plan(40);

-- contract
select has_function(
  'fleet_internal', 'parse_token_count', array['text', 'text'],
  'parse_token_count takes its arguments in this order');
select function_returns('fleet_internal', 'parse_token_count', array['text', 'text'], 'bigint', 'it returns bigint');
select volatility_is(
  'fleet_internal', 'parse_token_count', array['text', 'text'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'parse_token_count', array['text', 'text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.parse_token_count(text,text)'), '{}'::text[],
  'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.parse_token_count(d, s), n, d || s || ' is ' || coalesce(n::text, 'no count'))
from (values
  ('63153', '', 63153), ('63,153', '', 63153), ('63.153', '', 63153), ('63 153', '', 63153), ('63''153', '', 63153),
  ('63_153', '', 63153), (E'63\u00a0153', '', 63153), ('1,000,000', '', 1000000), ('0', '', 0), ('200,000 ', '', 200000),
  ('63.2', 'k', 63200), ('63,2', 'k', 63200), ('63.2', 'K', 63200), ('63', 'k', 63000), ('1', 'M', 1000000), ('1.5', 'm', 1500000),
  ('63.153', 'k', 63153), ('0.2', 'M', 200000), ('63.1536', 'k', 63154), ('0', 'k', 0), (' 63 ', 'k', 63000),
  -- edges
  ('999999999999999', '', 999999999999999), ('9999999999999999', '', null), ('1,000', 'k', null), ('1.2.3', 'k', null),
  ('', '', null), ('', 'k', null), ('.', 'k', null), (',.', '', null), ('999999999', 'M', 999999999000000), ('9999999999', 'M', null)
) as t (d, s, n);
select is(fleet_internal.parse_token_count(null, ''), null, 'nothing is no count');
select is(fleet_internal.parse_token_count(null, null), null, 'nor with a missing suffix');
select is(fleet_internal.parse_token_count(repeat('9', 1000000), ''), null, 'a megabyte of digits is none, without an error');
select is(fleet_internal.parse_token_count(repeat('9', 1000000), 'k'), null, 'nor with a suffix');

select * from finish();

rollback;
