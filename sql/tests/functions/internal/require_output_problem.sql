begin;

\ir ../../support/helpers.psql

select plan(23);

-- contract
select has_function('fleet_internal', 'require_output_problem', array['text'], 'require_output_problem takes its arguments in this order');
select function_returns('fleet_internal', 'require_output_problem', array['text'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'require_output_problem', array['text'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_output_problem', array['text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_output_problem(text)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.require_output_problem(p), p, 'a known problem comes back unchanged: ' || coalesce(p, 'none'))
from (values
  (null), ('missing'), ('unreadable'), ('irregular'), ('binary'), ('oversized'), ('future_mtime'), ('bad_pattern'),
  ('unreadable: permission denied'), ('missing: ')
) as t (p);

-- errors
select throws_ok(format('select fleet_internal.require_output_problem(%L)', p), 'MF004', null, label)
from (values
  ('', 'an empty code is refused'),
  ('gone', 'an unknown code is refused'),
  ('missing:x', 'words without a blank behind the colon are refused'),
  ('missing x', 'words without a colon are refused'),
  ('Missing', 'codes are lower case'),
  ('missing_', 'a code is matched to its end'),
  (' missing', 'a code is matched from its beginning'),
  (E'x\nmissing', 'a code on a second line is none')
) as t (p, label);

select * from finish();

rollback;
