begin;

\ir ../../support/helpers.psql

select plan(15);

create function pg_temp.roots(p_project text, p_task_id text default null) returns text language sql as $$
  select string_agg(r.id || case when r.is_orphan then ' orphan' else '' end || case when r.is_cycle then ' cycle' else '' end, ', ' order by r.id desc)
  from fleet_internal.list_tree_roots(p_project, p_task_id) as r
$$;

-- contract
select has_function('fleet_internal', 'list_tree_roots', array['text', 'text'], 'list_tree_roots takes its arguments in this order');
select volatility_is('fleet_internal', 'list_tree_roots', 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'list_tree_roots', array['text', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.list_tree_roots(text,text)'), array['fleet_reader'], 'readers call it, in get_spawn_tree');

create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.spawn_history (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'p', 't', '2001-02-01 00:00+00', 'failed', '2001-02-01 01:00+00', now(), now(), 1);
insert into fleet.active_spawns (id, project, task_id, parent_spawn_id, attempt) overriding system value
values (-2, 'p', 'u', -1, 1), (-3, 'p', 't', -2, 2), (-4, 'p', 'lost', -99, 1), (-5, 'p', 'alone', null, 1), (-6, 'q', 't', null, 1);

-- behaviour
select is(pg_temp.roots('p'), '-1, -4 orphan, -5', 'a project''s trees begin at spawns without a parent, and at orphans');
select is(pg_temp.roots('p', 'u'), '-2', 'a task''s at the task');
select is(pg_temp.roots('p', 't'), '-1', 'an attempt below another is no root beside it');
select is(pg_temp.roots('p', 'lost'), '-4 orphan', 'an orphan is one, asked for by name too');
update fleet.active_spawns set parent_spawn_id = null where id = -3;
select is(pg_temp.roots('p', 't'), '-1, -3', 'attempts side by side are');
select is(pg_temp.roots('p', 'nothing'), null, 'what is not there has none');

-- edges: cycles
insert into fleet.active_spawns (id, project, task_id, parent_spawn_id) overriding system value
values (-11, 'c', 'x', -13), (-12, 'c', 'y', -11), (-13, 'c', 'z', -12), (-14, 'c', 'leaf', -12), (-20, 'c', 'v', -21), (-21, 'c', 'w', -20), (-22, 'c', 'free', null);
select is(pg_temp.roots('c'), '-13 cycle, -21 cycle, -22'::text, 'a cycle is entered at the member with the smallest id, once');
select is(pg_temp.roots('c', 'y'), '-12 cycle', 'or at the one asked for');
select is(pg_temp.roots('c', 'leaf'), '-14', 'what hangs below one is none');
insert into fleet.spawn_history (id, project, task_id, parent_spawn_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-31, 'r', 't', -32, '2001-02-01 00:00+00', 'failed', '2001-02-01 01:00+00', now(), now(), 1);
insert into fleet.active_spawns (id, project, task_id, parent_spawn_id, attempt) overriding system value values (-32, 'r', 't', -31, 2);
select is(pg_temp.roots('r', 't'), '-32 cycle', 'two attempts in one cycle are entered once');
select is(pg_temp.roots('r'), '-32 cycle', 'from the project as well');

select * from finish();

rollback;
