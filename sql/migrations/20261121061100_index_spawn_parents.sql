-- migrate:up transaction:false

-- the children of a spawn: get_spawn_tree
create index concurrently active_spawns_project_parent_spawn_id_idx on fleet.active_spawns (project, parent_spawn_id)
  where parent_spawn_id is not null;

-- migrate:down

drop index fleet.active_spawns_project_parent_spawn_id_idx;
