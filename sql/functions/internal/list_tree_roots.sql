-- Where the trees of get_spawn_tree begin. Of a task: its attempts, save one that hangs below another (a retry by one's own
-- descendant). Of a project: spawns without a parent, orphans (their parent is gone), and of each cycle its oldest member,
-- as nothing else leads there. Such a cycle takes the owner's hand. Upward steps go by id (active_spawns_project_id_key,
-- spawn_history_project_id_idx), one look-up each; a project's spawns are read once.
create or replace function fleet_internal.list_tree_roots(
  p_project  text,
  p_task_id  text
)
returns table (
  id         bigint,
  is_orphan  boolean,
  is_cycle   boolean
)
language sql
stable
parallel safe
security invoker
begin atomic
  with recursive edges as materialized (
    select s.id, s.parent_spawn_id as parent_id
    from fleet.spawns as s
    where p_task_id is null and s.project = p_project
  ),
  tops as materialized (
    select e.id, e.parent_id
    from edges as e
    where not exists (select from edges as p where p.id = e.parent_id)
  ),
  reached as (
    select t.id from tops as t
    union
    select e.id from reached as r join edges as e on e.parent_id = r.id
  ),
  starts as materialized (
    select s.id, s.parent_spawn_id as parent_id from fleet.spawns as s where s.project = p_project and s.task_id = p_task_id
    union all
    select t.id, t.parent_id from tops as t
    union all
    select e.id, e.parent_id from edges as e where not exists (select from reached as r where r.id = e.id)
  ),
  -- each start, and one row for each of its ancestors up to the top, or to where the chain comes back on itself
  chain (start_id, id, parent_id, ids) as (
    select s.id, s.id, s.parent_id, array[s.id] from starts as s
    union all
    select c.start_id, p.id, p.parent_id, c.ids || p.id
    from chain as c
    cross join lateral (
      select s.id, s.parent_spawn_id as parent_id from fleet.spawns as s where s.project = p_project and s.id = c.parent_id offset 0
    ) as p
    where c.parent_id <> all (c.ids)
  )
  select
    s.id,
    s.parent_id is not null and not exists (select from chain as c where c.start_id = s.id and c.id = s.parent_id) as is_orphan,
    exists (select from chain as c where c.start_id = s.id and c.parent_id = s.id) as is_cycle
  from starts as s
  where not exists (
    -- another start above it; in a cycle each is above the other, and the oldest stays
    select
    from chain as c
    join starts as q on q.id = c.id
    where c.start_id = s.id
      and q.id <> s.id
      and not (s.id < q.id and exists (select from chain as b where b.start_id = q.id and b.id = s.id))
  );
end;

revoke all on function fleet_internal.list_tree_roots(text, text) from public;
grant execute on function fleet_internal.list_tree_roots(text, text) to fleet_reader;

comment on function fleet_internal.list_tree_roots(text, text) is
  'The spawns at which the trees of a task, or of a whole project (p_task_id null), begin.';
