-- A subagent was spawned. A task that is still open is not registered twice: the same registration again (by event id,
-- by time, or without contradiction) returns the same id. A task that has ended may be tried again: the earlier attempt
-- moves to spawn_history whole, and the new one starts with nothing of it. Safe to retry. Locks the task's row.
create or replace function fleet.register_spawn(
  p_project         text,
  p_task_id         text,
  p_task_type       text         default null,
  p_description     text         default null,
  p_output_file     text         default null,
  p_parent_task_id  text         default null,
  p_host            text         default null,
  p_event_id        uuid         default null,
  p_at              timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at         timestamptz;
  v_last       record;
  v_parent_id  bigint;
  v_id         bigint;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_key('p_task_id', p_task_id);
  perform fleet_internal.require_text('p_task_type', p_task_type, 200);
  perform fleet_internal.require_text('p_output_file', p_output_file, 4096);
  perform fleet_internal.require_text('p_host', p_host, 255);
  v_at := fleet_internal.believe_instant(p_project, 'register_spawn', p_at);
  v_parent_id := fleet_internal.get_parent_spawn_id(p_project, p_task_id, p_parent_task_id);

  loop
    perform from fleet.active_spawns as a where a.project = p_project and a.task_id = p_task_id for update;
    v_id := fleet_internal.find_registration(p_project, p_task_id, p_event_id, v_at);
    if v_id is not null then
      return v_id;
    end if;

    select s.id, s.attempt, s.spawn_time, s.completed_at, s.is_archived, s.task_type, s.output_file, s.host into v_last
    from fleet.spawns as s
    where s.project = p_project and s.task_id = p_task_id
    order by s.attempt desc
    limit 1;
    if found and v_last.completed_at is null
      and p_event_id is null
      and coalesce(p_task_type, v_last.task_type, '') = coalesce(v_last.task_type, '')
      and coalesce(p_output_file, v_last.output_file, '') = coalesce(v_last.output_file, '')
      and coalesce(p_host, v_last.host, '') = coalesce(v_last.host, '')
    then
      return v_last.id;
    end if;
    if found and (v_last.completed_at is null or v_at < v_last.completed_at) then
      raise exception 'task % of project % is already registered', quote_literal(p_task_id), quote_literal(p_project)
        using errcode = 'MF006',
          detail = format('Attempt %s was spawned at %s and %s.', v_last.attempt, v_last.spawn_time,
            case when v_last.completed_at is null then 'is still open' else format('ended at %s', v_last.completed_at) end),
          hint = 'Complete, fail or abandon it before the next attempt, or use another task id.';
    end if;
    if not v_last.is_archived then
      perform fleet_internal.archive_spawns(p_project, array[p_task_id]);
    end if;

    insert into fleet.active_spawns as a (
      project, task_id, task_type, description, spawn_time, output_file, parent_spawn_id, host, ps_session_id, attempt, event_id)
    values (
      p_project, p_task_id, p_task_type, fleet_internal.bound_text(p_description, 10000), v_at, p_output_file, v_parent_id,
      p_host,
      -- the session that lived then; only when told late is that one of the past
      coalesce(
        (select s.id from fleet.ps_sessions as s
         where s.project = p_project and s.started_at <= v_at and (s.ended_at is null or s.ended_at > v_at)),
        (select s.id from fleet_internal.list_sessions(p_project) as s
         where s.started_at <= v_at and s.ended_at > v_at order by s.started_at desc limit 1)),
      coalesce(v_last.attempt, 0) + 1, p_event_id)
    on conflict (project, task_id) do nothing
    returning a.id into v_id;
    if found then
      return v_id;
    end if;
    -- another caller registered it in between: look again
  end loop;
end
$$;

revoke all on function fleet.register_spawn(text, text, text, text, text, text, text, uuid, timestamptz) from public;
grant execute on function fleet.register_spawn(text, text, text, text, text, text, text, uuid, timestamptz) to fleet_writer;

comment on function fleet.register_spawn(text, text, text, text, text, text, text, uuid, timestamptz) is
  'Record that a project spawned a subagent for a task.

p_project, p_task_id: the task, unique in its project. p_task_type: kind of task. p_description: in words.
p_output_file: path of its output, whose changes are its signs of life. p_parent_task_id: the task that spawned it.
p_host: the machine the output file is on. p_event_id: your id of this call, so that a repeat is known as one.
p_at: when it was spawned.
Returns the id of the spawn; the same one for a repeat, a new one for a new attempt at a task that has ended.
Errors: MF002 unknown parent; MF003 a bad value; MF006 the task is open, or was then, under another registration.
Example: select fleet.register_spawn(''consilio'', ''task-17'', ''research'', p_output_file => ''/tmp/task-17.log'');';
