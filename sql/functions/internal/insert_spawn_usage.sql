-- Store a usage event whose values are sound, once. A row for whose month no partition exists is kept whole in the
-- overflow table. The caller holds the lock of the task.
create or replace function fleet_internal.insert_spawn_usage(
  p_project      text,
  p_task_id      text,
  p_event_id     uuid,
  p_recorded_at  timestamptz,
  p_spawn_id     bigint,
  p_tokens       bigint,
  p_cost_usd     numeric
)
returns boolean
language plpgsql
volatile
parallel unsafe
security invoker
as $$
begin
  insert into fleet.spawn_usages as u (project, task_id, event_id, recorded_at, spawn_id, tokens_used, cost_usd)
  values (p_project, p_task_id, p_event_id, p_recorded_at, p_spawn_id, p_tokens, p_cost_usd)
  on conflict (project, task_id, event_id, recorded_at) do nothing;
  return found;
exception
  -- "no partition of relation found for row" is a check_violation too; a real one fails in the overflow table again
  when check_violation then
    insert into fleet.spawn_usages_overflow as o (project, task_id, event_id, recorded_at, spawn_id, tokens_used, cost_usd)
    values (p_project, p_task_id, p_event_id, p_recorded_at, p_spawn_id, p_tokens, p_cost_usd)
    on conflict (project, task_id, event_id, recorded_at) do nothing;
    return found;
end
$$;

revoke all on function fleet_internal.insert_spawn_usage(text, text, uuid, timestamptz, bigint, bigint, numeric) from public;

comment on function fleet_internal.insert_spawn_usage(text, text, uuid, timestamptz, bigint, bigint, numeric) is
  'Store a usage event in its partition or in the overflow table; return whether it was new.';
