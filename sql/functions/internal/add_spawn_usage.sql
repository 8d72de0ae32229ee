-- Add to what a spawn used in all, on its row in active_spawns, spawn_history or its overflow. The caller holds its lock.
create or replace function fleet_internal.add_spawn_usage(
  p_project   text,
  p_task_id   text,
  p_spawn_id  bigint,
  p_tokens    bigint,
  p_cost_usd  numeric
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
as $$
begin
  update fleet.active_spawns as a
  set tokens_used = a.tokens_used + p_tokens,
    cost_usd = a.cost_usd + p_cost_usd,
    updated_at = now()
  where a.project = p_project and a.task_id = p_task_id and a.id = p_spawn_id;
  if found then
    return;
  end if;
  update fleet.spawn_history as h
  set tokens_used = h.tokens_used + p_tokens,
    cost_usd = h.cost_usd + p_cost_usd,
    updated_at = now()
  where h.project = p_project and h.id = p_spawn_id;
  if found then
    return;
  end if;
  update fleet.spawn_history_overflow as o
  set tokens_used = o.tokens_used + p_tokens,
    cost_usd = o.cost_usd + p_cost_usd,
    updated_at = now()
  where o.project = p_project and o.id = p_spawn_id;
end
$$;

revoke all on function fleet_internal.add_spawn_usage(text, text, bigint, bigint, numeric) from public;

comment on function fleet_internal.add_spawn_usage(text, text, bigint, bigint, numeric) is
  'Add tokens and US dollars to the totals of a spawn, live or archived.';
