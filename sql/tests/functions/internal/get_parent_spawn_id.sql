begin;

\ir ../../support/helpers.psql

select plan(14);

-- contract
select has_function(
  'fleet_internal', 'get_parent_spawn_id', array['text', 'text', 'text'],
  'get_parent_spawn_id takes its arguments in this order');
select function_returns('fleet_internal', 'get_parent_spawn_id', array['text', 'text', 'text'], 'bigint', 'it returns bigint');
select volatility_is('fleet_internal', 'get_parent_spawn_id', array['text', 'text', 'text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'get_parent_spawn_id', array['text', 'text', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.get_parent_spawn_id(text,text,text)'), '{}'::text[], 'nobody but its owner may call it');

insert into fleet.active_spawns (id, project, task_id, attempt) overriding system value
values (-21, 'p', 'parent', 2), (-22, 'q', 'elsewhere', 1);
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values
  (-1, 'p', 'parent', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1),
  (-2, 'p', 'ended', '2001-02-02 04:00+00', 'failed', '2001-02-02 05:00+00', now(), now(), 1),
  (-3, 'p', 'ended', '2001-02-03 04:00+00', 'completed', '2001-02-03 05:00+00', now(), now(), 2);

-- behaviour
select is(fleet_internal.get_parent_spawn_id('p', 'child', null), null, 'no parent is no parent');
select is(fleet_internal.get_parent_spawn_id('p', 'child', 'parent'), -21::bigint, 'the latest attempt at the task is meant');
select is(fleet_internal.get_parent_spawn_id('p', 'child', 'ended'), -3::bigint, 'a parent may have ended');

-- errors
select throws_ok(format('select fleet_internal.get_parent_spawn_id(%L, %L, %L)', 'p', 'child', parent), state, null, label)
from (values
  ('nobody', 'MF002', 'a parent that was never registered is an error'),
  ('elsewhere', 'MF002', 'so is a spawn of another project'),
  ('child', 'MF003', 'a task cannot be its own parent'),
  ('', 'MF003', 'an empty name is an error'),
  (' parent', 'MF003', 'a name with a blank in front is an error'),
  (repeat('x', 201), 'MF003', 'a name that is too long is an error')
) as t (parent, state, label);

select * from finish();

rollback;
