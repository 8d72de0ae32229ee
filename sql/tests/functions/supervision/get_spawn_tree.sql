begin;

\ir ../../support/helpers.psql

select plan(35);

create function pg_temp.run_as(p_role text, p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute format('set local role %I', p_role);
  execute p_sql into v_answer;
  reset role;
  return v_answer;
end
$$;

-- a tree as one text: depth, task, own and rolled-up tokens, and what is odd about it
create function pg_temp.tree(p_project text, p_task_id text default null) returns text language sql as $$
  select string_agg(
    repeat('>', t.depth) || t.task_id || case when t.attempt > 1 then '#' || t.attempt else '' end
      || ' ' || t.tokens_used || '/' || t.tree_tokens_used
      || case when t.is_orphan then ' orphan' else '' end || case when t.is_cycle then ' cycle' else '' end, ', ' order by t.n)
  from (select *, row_number() over () as n from fleet.get_spawn_tree(p_project, p_task_id, '2026-03-02 12:00+00')) as t
$$;

create function pg_temp.spawn(p_task_id text, p_parent text, p_minute integer, p_tokens bigint, p_project text default 'p')
returns bigint language sql as $$
  select fleet.register_spawn(p_project, p_task_id, p_parent_task_id => p_parent, p_at => timestamptz '2026-03-02 10:00+00' + p_minute * interval '1 minute');
  select fleet.record_spawn_usage(p_project, p_task_id, p_tokens, p_tokens / 100.0, p_at => timestamptz '2026-03-02 10:00+00' + p_minute * interval '1 minute');
$$;

-- contract

select has_function('fleet', 'get_spawn_tree', array['text', 'text', 'timestamp with time zone'], 'get_spawn_tree takes project, task and time');
select volatility_is('fleet', 'get_spawn_tree', 'stable', 'it only reads');
select is(pg_temp.callers('fleet.get_spawn_tree(text,text,timestamptz)'), array['fleet_reader'], 'readers may call it, nobody else');

-- behaviour: a tree

select pg_temp.spawn('a', null, 0, 1) as a_id \gset
select pg_temp.spawn('b', 'a', 1, 20) as b_id \gset
select pg_temp.spawn('c', 'b', 2, 300) as c_id \gset
select pg_temp.spawn('d', 'a', 3, 4000) as d_id \gset
select pg_temp.spawn('other', null, 4, 50000) as done \gset
select is(pg_temp.run_as('fleet_reader', $$select count(*) from fleet.get_spawn_tree('p', 'a')$$), '4', 'a reader may ask for a tree');
select is(pg_temp.tree('p', 'a'), 'a 1/4321, >b 20/320, >>c 300/300, >d 4000/4000', 'a parent stands before its children, with all below it rolled up');
select is(pg_temp.tree('p', 'b'), 'b 20/320, >c 300/300', 'a tree may begin in the middle, and that is no orphan');
select is(pg_temp.tree('p', 'c'), 'c 300/300', 'or at a leaf');
select is(pg_temp.tree('p'), 'a 1/4321, >b 20/320, >>c 300/300, >d 4000/4000, other 50000/50000', 'without a task, every tree of the project');
select results_eq(
  $$select path, depth, tree_spawns, cost_usd, tree_cost_usd from fleet.get_spawn_tree('p', 'a')$$,
  $$values (array['a'], 0, 4::bigint, 0.01, 43.21), ('{a,b}', 1, 2, 0.20, 3.20), ('{a,b,c}', 2, 1, 3.00, 3.00), ('{a,d}', 1, 1, 40.00, 40.00)$$,
  'each row says its path, its depth, how many it is, and the cost of its own and of all');
select results_eq(
  $$select id, parent_spawn_id, status, spawn_time, completed_at, duration_seconds, is_archived from fleet.get_spawn_tree('p', 'b', '2026-03-02 10:03:30.5+00')$$,
  format($$values (%s::bigint, %s::bigint, 'running', timestamptz '2026-03-02 10:01+00', null::timestamptz, 150.500, false),
    (%s, %s, 'running', '2026-03-02 10:02+00', null, 90.500, false)$$, :'b_id', :'a_id', :'c_id', :'b_id'),
  'an open spawn has lasted until p_at');
select is((select min(duration_seconds) from fleet.get_spawn_tree('p', 'a', '2026-01-01 00:00+00')), 0.000, 'and no less than nothing');
select is((select min(duration_seconds) > 200000000000 from fleet.get_spawn_tree('p', 'a', '9000-01-01 00:00+00')), true, 'the future is taken as given');

-- behaviour: ended, archived and retried ones

select fleet.fail_spawn('p', 'b', 'words', p_at => '2026-03-02 10:05+00') as done \gset
select fleet.complete_spawn('p', 'c', p_at => '2026-03-02 10:06+00') as done \gset
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select is(pg_temp.tree('p', 'a'), 'a 1/4321, >b 20/320, >>c 300/300, >d 4000/4000', 'archived spawns keep their places and their sums');
select results_eq($$select task_id, status, duration_seconds, is_archived from fleet.get_spawn_tree('p', 'a') where is_archived$$,
  $$values ('b', 'failed', 240.000, true), ('c', 'completed', 240.000, true)$$, 'an ended one lasted from its spawn to its end');
select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select is(pg_temp.tree('p', 'a'), 'a 1/4321, >b 20/320, >>c 300/300, >d 4000/4000', 'in the partitions as in the overflow');
select pg_temp.spawn('b', 'a', 10, 5) as done \gset
select pg_temp.spawn('e', 'b', 11, 7) as done \gset
select is(pg_temp.tree('p', 'a'), 'a 1/4333, >b 20/320, >>c 300/300, >d 4000/4000, >b#2 5/12, >>e 7/7', 'a retry stands beside the first attempt, each with its own children');
select is(pg_temp.tree('p', 'b'), 'b 20/320, >c 300/300, b#2 5/12, >e 7/7', 'the tree of a task has all its attempts at the top');
select pg_temp.spawn('fix', null, 20, 1, 'n') as done \gset
select pg_temp.spawn('review', 'fix', 21, 20, 'n') as done \gset
select fleet.complete_spawn('n', 'fix', p_at => '2026-03-02 10:22+00') as done \gset
select pg_temp.spawn('fix', 'review', 23, 300, 'n') as done \gset
select is(pg_temp.tree('n', 'fix'), 'fix 1/321, >review 20/320, >>fix#2 300/300', 'an attempt that its own descendant spawned stands below it, once');
select is(pg_temp.tree('n', 'review'), 'review 20/320, >fix#2 300/300', 'from its parent''s point of view too');

-- edges: orphans

insert into fleet.active_spawns (project, task_id, spawn_time, parent_spawn_id, tokens_used)
values ('o', 'child', '2026-03-02 10:00+00', 999999999, 5);
select pg_temp.spawn('grandchild', 'child', 1, 6, 'o') as done \gset
select pg_temp.spawn('top', null, 2, 7, 'o') as done \gset
select is(pg_temp.tree('o'), 'child 5/11 orphan, >grandchild 6/6, top 7/7', 'a spawn whose parent is gone is shown as a root, and called an orphan');
select is(pg_temp.tree('o', 'child'), 'child 5/11 orphan, >grandchild 6/6', 'alone too');
update fleet.active_spawns set project = 'elsewhere' where project = 'o' and task_id = 'top';
update fleet.active_spawns set parent_spawn_id = (select id from fleet.active_spawns where task_id = 'top') where project = 'o' and task_id = 'child';
select is(pg_temp.tree('o', 'child'), 'child 5/11 orphan, >grandchild 6/6', 'a spawn of another project is nobody''s parent');

-- edges: cycles, which only the owner can plant

select pg_temp.spawn('x', null, 0, 1, 'y') as x_id \gset
select pg_temp.spawn('y', 'x', 1, 20, 'y') as done \gset
select pg_temp.spawn('z', 'y', 2, 300, 'y') as z_id \gset
select pg_temp.spawn('leaf', 'y', 3, 4000, 'y') as done \gset
select pg_temp.spawn('free', null, 4, 50000, 'y') as done \gset
update fleet.active_spawns set parent_spawn_id = :z_id where project = 'y' and task_id = 'x';
select is(pg_temp.tree('y'), 'x 1/4321 cycle, >y 20/4320, >>z 300/300, >>leaf 4000/4000, free 50000/50000',
  'a cycle is shown from its oldest member, each member once, and its root says so');
select is(pg_temp.tree('y', 'z'), 'z 300/4321 cycle, >x 1/4021, >>y 20/4020, >>>leaf 4000/4000', 'from any of its members too');
select is(pg_temp.tree('y', 'leaf'), 'leaf 4000/4000', 'what hangs below one is no cycle');

-- edges: many

insert into fleet.active_spawns (id, project, task_id, spawn_time, parent_spawn_id, tokens_used) overriding system value
select -n, 'deep', 't' || n, timestamptz '2026-03-02 10:00+00' + n * interval '1 second', case when n > 1 then -(n - 1) end, 1
from generate_series(1, 300) as n;
select is((select max(depth) from fleet.get_spawn_tree('deep')), 299, 'a chain of 300 is walked to its end');
select is((select tree_tokens_used from fleet.get_spawn_tree('deep') where depth = 0), 300::bigint, 'and summed');
insert into fleet.active_spawns (project, task_id, spawn_time, parent_spawn_id, tokens_used)
select 'wide', 't' || n, timestamptz '2026-03-02 10:00+00', null, 1 from generate_series(1, 300) as n;
select is((select count(*) from fleet.get_spawn_tree('wide')), 300::bigint, 'so is a project of 300 roots');
select fleet.start_session('idle') as done \gset
select is_empty($$select from fleet.get_spawn_tree('idle')$$, 'a project without spawns has no tree');
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'odd', 't', '-infinity', 'failed', '2026-03-02 10:00+00', now(), now(), 1);
select results_eq($$select task_id, duration_seconds from fleet.get_spawn_tree('odd')$$, $$values ('t', null::numeric)$$, 'trap 11: an impossible time fails nothing');

-- errors

select throws_ok($$select * from fleet.get_spawn_tree('nobody')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select * from fleet.get_spawn_tree('p', 'nothing')$$, 'MF002', null, 'an unknown task is one of its own');
select throws_ok($$select * from fleet.get_spawn_tree(null, 'a')$$, 'MF003', null, 'a project must be given');
select throws_ok($$select * from fleet.get_spawn_tree('p', 'a', null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.get_spawn_tree('p', 'a', 'infinity')$$, 'MF003', null, 'an infinite one too');

select * from finish();
rollback;
