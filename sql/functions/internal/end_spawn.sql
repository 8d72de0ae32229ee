-- The one way a spawn ends. Which attempt is meant: the one of p_spawn_id; without it, one that ended so in this very
-- instant (a repeat), else the latest that had been spawned by then. Told again of the same end: nothing changes. Another end than the recorded one is an
-- error, as the first is history. Locks the task's row.
create or replace function fleet_internal.end_spawn(
  p_source          text,
  p_project         text,
  p_task_id         text,
  p_status          text,
  p_exit_code       integer,
  p_error_message   text,
  p_failure_reason  text,
  p_spawn_id        bigint,
  p_at              timestamptz
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_at    timestamptz;
  v_last  record;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_key('p_task_id', p_task_id);
  v_at := fleet_internal.believe_instant(p_project, p_source, p_at);

  perform from fleet.active_spawns as a where a.project = p_project and a.task_id = p_task_id for update;
  select s.id, s.status, s.spawn_time, s.completed_at into v_last
  from fleet.spawns as s
  where s.project = p_project and s.task_id = p_task_id and (p_spawn_id is null or s.id = p_spawn_id)
  order by s.completed_at is not distinct from v_at and s.status = p_status desc, s.spawn_time <= v_at desc, s.attempt desc
  limit 1;
  if not found then
    perform fleet_internal.raise_unknown_spawn(p_project, p_task_id);
  end if;
  if v_last.status = p_status then
    return v_last.id;
  end if;
  if v_last.completed_at is not null then
    raise exception 'task % of project % is already %', quote_literal(p_task_id), quote_literal(p_project), v_last.status
      using errcode = 'MF005',
        detail = format('It ended at %s.', v_last.completed_at),
        hint = 'An end is final; register the task again for another attempt.';
  end if;
  if v_at < v_last.spawn_time then
    raise exception 'a spawn cannot end before it was spawned'
      using errcode = 'MF003',
        detail = format('It was spawned at %s; p_at is %s.', v_last.spawn_time, v_at),
        hint = 'Leave p_at out to mean now.';
  end if;

  update fleet.active_spawns as a
  set status = p_status,
    exit_code = p_exit_code,
    error_message = fleet_internal.bound_text(p_error_message, 10000),
    failure_reason = fleet_internal.bound_text(p_failure_reason, 1000),
    completed_at = v_at,
    stalled_at = null,
    updated_at = now()
  where a.project = p_project and a.task_id = p_task_id;
  return v_last.id;
end
$$;

revoke all on function fleet_internal.end_spawn(text, text, text, text, integer, text, text, bigint, timestamptz) from public;

comment on function fleet_internal.end_spawn(text, text, text, text, integer, text, text, bigint, timestamptz) is
  'End a spawn as completed, failed or abandoned; return its id.';
