begin;

\ir ../../support/helpers.psql

select plan(19);

-- contract
select has_function('fleet_internal', 'require_check_type', array['text'], 'require_check_type takes its arguments in this order');
select function_returns('fleet_internal', 'require_check_type', array['text'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'require_check_type', array['text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'require_check_type', array['text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_check_type(text)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.require_check_type(c), c, 'a row of check_types is known: ' || c)
from (values ('spawn'), ('context'), ('handoff'), ('orphaned_work'), ('heartbeat'), ('partitions')) as t (c);
insert into fleet.check_types (check_type, domain, description) values ('moon', 'supervision', 'Phase of the moon.');
select is(fleet_internal.require_check_type('moon'), 'moon', 'a new row makes a new kind of check');

-- errors
select throws_ok(format('select fleet_internal.require_check_type(%L)', c), 'MF004', null, label)
from (values
  (null, 'a missing check type is an error'),
  ('', 'an empty one is an error'),
  ('spam', 'an unknown one is an error, never a new row'),
  ('Spawn', 'another case is an error'),
  ('spawn ', 'a blank behind is an error'),
  (repeat('x', 100000), 'a very long one is an error')
) as t (c, label);
select is(
  (select count(*) from fleet.check_types where check_type = 'spam'), 0::bigint, 'an unknown check type makes no row');

select * from finish();

rollback;
