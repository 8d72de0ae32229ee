-- Lock the attempt at a task that an event of p_at belongs to, wherever its row stands: the latest that had been spawned
-- by then; before the first, the first. Locks the task's row in active_spawns, so that events of a task queue up there;
-- for an archived attempt its row in the history too. Rows move while one waits for them: then it looks again.
create or replace function fleet_internal.lock_spawn(
  p_project  text,
  p_task_id  text,
  p_at       timestamptz
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_holds_live  boolean;
  v_spawn       record;
begin
  loop
    perform from fleet.active_spawns as a where a.project = p_project and a.task_id = p_task_id for update;
    v_holds_live := found;
    select s.id, s.is_archived into v_spawn
    from fleet.spawns as s
    where s.project = p_project and s.task_id = p_task_id
    order by s.spawn_time <= p_at desc, case when s.spawn_time <= p_at then -s.attempt else s.attempt end
    limit 1;
    if not found then
      perform fleet_internal.raise_unknown_spawn(p_project, p_task_id);
    end if;
    if not v_spawn.is_archived then
      if v_holds_live then
        return v_spawn.id;
      end if;
      continue;
    end if;

    perform from fleet.spawn_history as h where h.project = p_project and h.id = v_spawn.id for update;
    if found then
      return v_spawn.id;
    end if;
    perform from fleet.spawn_history_overflow as o where o.project = p_project and o.id = v_spawn.id for update;
    if found then
      return v_spawn.id;
    end if;
  end loop;
end
$$;

revoke all on function fleet_internal.lock_spawn(text, text, timestamptz) from public;

comment on function fleet_internal.lock_spawn(text, text, timestamptz) is
  'Lock the attempt at a task that an instant belongs to, live or archived; return its id. Raise MF001, MF002 for none.';
