begin;

\ir ../../support/helpers.psql

select plan(22);

\set sound '{"task_size": "huge", "needed_tokens": 500000, "description": "d"}'

-- contract
select has_table('fleet', 'task_sizes', 'the table is there');
select columns_are(
  'fleet', 'task_sizes', array['task_size', 'needed_tokens', 'description'], 'it has these columns');
select col_is_pk('fleet', 'task_sizes', array['task_size'], 'a size has one row');
select indexes_are(
  'fleet', 'task_sizes', array['task_sizes_pkey', 'task_sizes_needed_tokens_key'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.task_sizes'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('task_sizes', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('task_sizes', :'sound', change), expected, label)
from (values
  (jsonb_build_object('task_size', 'a' || repeat('0', 62)), 'accepted', 'a size of 63 characters is accepted'),
  (jsonb_build_object('task_size', 'a' || repeat('0', 63)), 'task_sizes_task_size_check', 'one of 64 is refused'),
  (jsonb '{"task_size": ""}', 'task_sizes_task_size_check', 'an empty one is refused'),
  (jsonb '{"task_size": "Huge"}', 'task_sizes_task_size_check', 'a capital is refused'),
  (jsonb '{"task_size": "huge\n"}', 'task_sizes_task_size_check', 'a line feed behind is refused'),
  (jsonb '{"needed_tokens": 1}', 'accepted', 'a task takes a token at least'),
  (jsonb '{"needed_tokens": 0}', 'task_sizes_needed_tokens_check', 'nothing is refused'),
  (jsonb '{"needed_tokens": -1}', 'task_sizes_needed_tokens_check', 'less is refused'),
  (jsonb '{"needed_tokens": 2000}', 'task_sizes_needed_tokens_key', 'two sizes of one need are one size'),
  (jsonb_build_object('description', repeat('x', 1000)), 'accepted', 'description of 1000 characters is accepted'),
  (jsonb_build_object('description', repeat('x', 1001)), 'task_sizes_description_check', 'one of 1001 is refused'),
  (jsonb '{"description": ""}', 'task_sizes_description_check', 'an empty description is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('task_sizes', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['task_size', 'needed_tokens', 'description']
) as u (c);

-- behaviour
select results_eq(
  'select task_size, needed_tokens from fleet.task_sizes order by needed_tokens',
  $$values ('tiny', 2000::bigint), ('small', 10000), ('medium', 30000), ('large', 80000)$$, 'these sizes ship');

select * from finish();

rollback;
