begin;

\ir ../../support/helpers.psql

select plan(15);

-- contract
select has_function('fleet_internal', 'require_text', array['text', 'text', 'integer'], 'require_text takes its arguments in this order');
select function_returns('fleet_internal', 'require_text', array['text', 'text', 'integer'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'require_text', array['text', 'text', 'integer'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_text', array['text', 'text', 'integer'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_text(text,text,integer)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.require_text('p_host', null, 5), null, 'null passes');
select is(fleet_internal.require_text('p_host', 'build', 5), 'build', 'text of the greatest length comes back unchanged');
select is(fleet_internal.require_text('p_host', '错错错错错', 5), '错错错错错', 'characters are counted, not bytes');
select is(fleet_internal.require_text('p_host', '*', 5), '*', 'a star is no more than a character here');

-- errors
select throws_ok(format('select fleet_internal.require_text(%L, %L, 5)', 'p_host', k), 'MF003', null, label)
from (values
  ('', 'empty text is refused'),
  ('builds', 'one character too many is refused'),
  (E'a\nb', 'a line feed is refused'),
  (E'a\x1bb', 'an escape is refused'),
  (E'\t', 'a tab is refused')
) as t (k, label);
select throws_like($$select fleet_internal.require_text('p_host', '', 5)$$, '%p_host%', 'the message names the argument');

select * from finish();

rollback;
