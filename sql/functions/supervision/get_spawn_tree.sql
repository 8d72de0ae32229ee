-- Who spawned whom, and what each and everything below it used: live, ended and archived spawns, every attempt a row. Each
-- spawn stands once; where the owner planted a cycle, the walk ends before it comes back, and the root says so. Downward
-- steps look children up by active_spawns_project_parent_spawn_id_idx and spawn_history_project_parent_spawn_id_idx, one
-- look-up a spawn of the tree, whatever the history holds; roots come from list_tree_roots.
create or replace function fleet.get_spawn_tree(
  p_project  text,
  p_task_id  text         default null,
  p_at       timestamptz  default now()
)
returns table (
  id                bigint,
  task_id           text,
  attempt           integer,
  depth             integer,
  path              text[],
  parent_spawn_id   bigint,
  is_orphan         boolean,
  is_cycle          boolean,
  task_type         text,
  status            text,
  spawn_time        timestamptz,
  completed_at      timestamptz,
  duration_seconds  numeric,
  tokens_used       bigint,
  cost_usd          numeric,
  tree_spawns       bigint,
  tree_tokens_used  bigint,
  tree_cost_usd     numeric,
  is_archived       boolean
)
language sql
stable
parallel safe
security invoker
begin atomic
  with recursive walk as (
    select
      s.id, s.task_id, s.attempt, s.parent_spawn_id, s.task_type, s.status, s.spawn_time, s.completed_at, s.tokens_used, s.cost_usd,
      s.is_archived, r.is_orphan, r.is_cycle, 0 as depth, array[s.task_id] as path, array[s.id] as ids,
      array[extract(epoch from s.spawn_time), s.id] as place
    from fleet_internal.list_tree_roots(p_project, p_task_id) as r
    cross join lateral (select s.* from fleet.spawns as s where s.project = p_project and s.id = r.id offset 0) as s
    union all
    select
      s.id, s.task_id, s.attempt, s.parent_spawn_id, s.task_type, s.status, s.spawn_time, s.completed_at, s.tokens_used, s.cost_usd,
      s.is_archived, false, false, w.depth + 1, w.path || s.task_id, w.ids || s.id,
      w.place || array[extract(epoch from s.spawn_time), s.id]
    from walk as w
    cross join lateral (
      select s.* from fleet.spawns as s where s.project = p_project and s.parent_spawn_id = w.id offset 0
    ) as s
    where s.id <> all (w.ids)
  ),
  totals as (
    select a.id, count(*) as spawns, sum(w.tokens_used)::bigint as tokens_used, sum(w.cost_usd) as cost_usd
    from walk as w
    cross join lateral unnest(w.ids) as a (id)
    group by a.id
  )
  select
    w.id, w.task_id, w.attempt, w.depth, w.path, w.parent_spawn_id, w.is_orphan, w.is_cycle, w.task_type, w.status, w.spawn_time,
    w.completed_at,
    case when isfinite(w.spawn_time)
      then round(greatest(extract(epoch from coalesce(w.completed_at, p_at) - w.spawn_time), 0), 3) end as duration_seconds,
    w.tokens_used, w.cost_usd, t.spawns as tree_spawns, t.tokens_used as tree_tokens_used, t.cost_usd as tree_cost_usd, w.is_archived
  from walk as w
  join totals as t on t.id = w.id
  where fleet_internal.require_known_spawn(p_project, p_task_id)
    and fleet_internal.require_instant('p_at', p_at) is not null
  order by w.place;
end;

revoke all on function fleet.get_spawn_tree(text, text, timestamptz) from public;
grant execute on function fleet.get_spawn_tree(text, text, timestamptz) to fleet_reader;

comment on function fleet.get_spawn_tree(text, text, timestamptz) is
  'The tree of spawns below a task, or all trees of a project, with what each spawn and everything below it used.

p_project: the project. p_task_id: the task at the top, with all its attempts; null for every tree of the project.
p_at: the instant to which the duration of an open spawn is reckoned.
Returns a row a spawn, a parent before its children, siblings in order of time: id, task_id, attempt, depth (0 at the top),
path (the tasks from the top down to it), parent_spawn_id, is_orphan (its parent is gone), is_cycle (its parent is below it:
somebody wrote that by hand), task_type, status, spawn_time, completed_at, duration_seconds, tokens_used and cost_usd (its
own), tree_spawns, tree_tokens_used and tree_cost_usd (its own and those of all below it), is_archived.
Errors: MF001 unknown project; MF002 unknown task; MF003 no project, or p_at is no usable instant.
Example: select repeat(''  '', depth) || task_id as task, status, tree_cost_usd from fleet.get_spawn_tree(''consilio'');';
