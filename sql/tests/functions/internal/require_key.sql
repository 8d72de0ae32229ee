begin;

\ir ../../support/helpers.psql

select plan(26);

-- contract
select has_function('fleet_internal', 'require_key', array['text', 'text'], 'require_key takes its arguments in this order');
select function_returns('fleet_internal', 'require_key', array['text', 'text'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'require_key', array['text', 'text'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_key', array['text', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_key(text,text)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.require_key('p_project', k), k, 'a usable key comes back unchanged: ' || quote_literal(k))
from (values ('a'), ('consilio'), ('team/a b'), ('größe'), ('**'), ('50%'), (E'it''s "quoted"')) as t (k);

-- edges
select is(fleet_internal.require_key('p_project', repeat('x', 200)), repeat('x', 200), '200 characters are accepted');
select is(fleet_internal.require_key('p_project', repeat('错', 200)), repeat('错', 200), 'characters are counted, not bytes');

-- errors
select throws_ok(format('select fleet_internal.require_key(%L, %L)', 'p_project', k), 'MF003', null, label)
from (values
  (null, 'a missing key is refused'),
  ('', 'an empty key is refused'),
  (repeat('x', 201), '201 characters are refused'),
  (' a', 'a blank in front is refused'),
  ('a ', 'a blank behind is refused'),
  (' ', 'a key of blanks is refused'),
  (E'a\tb', 'a tab is refused'),
  (E'a\n', 'a line feed at the end is refused'),
  (E'\x01', 'a control character is refused'),
  (E'a\x7fb', 'DEL is refused'),
  ('*', 'the star that stands for any is refused')
) as t (k, label);
select throws_like($$select fleet_internal.require_key('p_task_id', '')$$, '%p_task_id%', 'the message names the argument');

select * from finish();

rollback;
