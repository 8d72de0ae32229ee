begin;

\ir ../../support/helpers.psql

select plan(14);

-- contract
select has_function('fleet_internal', 'bound_text', array['text', 'integer'], 'bound_text takes its arguments in this order');
select function_returns('fleet_internal', 'bound_text', array['text', 'integer'], 'text', 'it returns text');
select volatility_is('fleet_internal', 'bound_text', array['text', 'integer'], 'immutable', 'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'bound_text', array['text', 'integer'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.bound_text(text,integer)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.bound_text('short', 40), 'short', 'text that fits comes back unchanged');
select is(fleet_internal.bound_text(repeat('x', 40), 40), repeat('x', 40), 'text of the greatest length comes back unchanged');
select matches(
  fleet_internal.bound_text(repeat('x', 101), 100), '^x{60} .*101 characters', 'too long, it keeps its beginning and says how long it was');
select is(fleet_internal.bound_text(E'line\nline', 40), E'line\nline', 'prose may hold line feeds');

-- edges
select is(fleet_internal.bound_text(null, 40), null, 'nothing stays nothing');
select is(fleet_internal.bound_text('', 40), '', 'empty stays empty');
select ok(length(fleet_internal.bound_text(repeat('x', 41), 40)) <= 40, 'cut to the least length of 40 it fits');
select ok(length(fleet_internal.bound_text(repeat('错', 2000000), 10000)) <= 10000, 'cut from 6 MB it fits');
select ok(length(fleet_internal.bound_text(repeat('x', 10001), 10000)) <= 10000, 'one character too many: it fits');

select * from finish();

rollback;
