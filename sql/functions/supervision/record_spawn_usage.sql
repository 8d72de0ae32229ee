-- A spawn used tokens: an event in spawn_usages, and its sum on the spawn's own row, wherever that stands: late events of
-- ended and archived spawns count, totals outlive the ledger. Safe to retry with an event id: the same one of the same task
-- counts once, whatever its p_at, while retention_rules keeps the event. Without one, every call counts. Usage is no sign
-- of life. Locks the task's row (lock_spawn). Served by active_spawns_pkey, spawn_history_project_task_id_idx,
-- spawn_history_project_id_idx and spawn_usages_pkey.
create or replace function fleet.record_spawn_usage(
  p_project   text,
  p_task_id   text,
  p_tokens    bigint,
  p_cost_usd  numeric      default 0,
  p_event_id  uuid         default null,
  p_at        timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at        timestamptz;
  v_cost_usd  numeric;
  v_spawn_id  bigint;
  v_known     record;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_key('p_task_id', p_task_id);
  if p_tokens is null or p_tokens not between 0 and 1000000000000 then
    raise exception 'p_tokens is no number of tokens'
      using errcode = 'MF003', detail = format('Value: %s', coalesce(p_tokens::text, 'null')), hint = 'Give 0 to 1,000,000,000,000.';
  end if;
  -- NaN and infinity are greater than any number
  if p_cost_usd is null or p_cost_usd not between 0 and 1000000000 then
    raise exception 'p_cost_usd is no amount of US dollars'
      using errcode = 'MF003', detail = format('Value: %s', coalesce(left(p_cost_usd::text, 60), 'null')),
        hint = 'Give 0 to 1,000,000,000; leave it out where the cost is not known.';
  end if;
  v_cost_usd := trim_scale(round(p_cost_usd, 12));
  v_at := fleet_internal.believe_instant(p_project, 'record_spawn_usage', p_at);
  v_spawn_id := fleet_internal.lock_spawn(p_project, p_task_id, v_at);

  if p_event_id is not null then
    select u.spawn_id, u.tokens_used, u.cost_usd, u.recorded_at into v_known
    from (
      select u.* from fleet.spawn_usages as u where u.project = p_project and u.task_id = p_task_id and u.event_id = p_event_id
      union all
      select o.* from fleet.spawn_usages_overflow as o
      where o.project = p_project and o.task_id = p_task_id and o.event_id = p_event_id
    ) as u
    limit 1;
    if found and (v_known.tokens_used, v_known.cost_usd) = (p_tokens, v_cost_usd) then
      return v_known.spawn_id;
    end if;
    if found then
      raise exception 'usage event % of task % was recorded with other amounts', p_event_id, quote_literal(p_task_id)
        using errcode = 'MF006',
          detail = format('At %s: %s tokens, %s USD; now %s tokens, %s USD.',
            v_known.recorded_at, v_known.tokens_used, v_known.cost_usd, p_tokens, v_cost_usd),
          hint = 'Give each event an id of its own; the same id means the same event told again.';
    end if;
  end if;

  if not fleet_internal.insert_spawn_usage(
    p_project, p_task_id, coalesce(p_event_id, gen_random_uuid()), v_at, v_spawn_id, p_tokens, v_cost_usd)
  then
    return v_spawn_id;
  end if;
  perform fleet_internal.add_spawn_usage(p_project, p_task_id, v_spawn_id, p_tokens, v_cost_usd);
  return v_spawn_id;
end
$$;

revoke all on function fleet.record_spawn_usage(text, text, bigint, numeric, uuid, timestamptz) from public;
grant execute on function fleet.record_spawn_usage(text, text, bigint, numeric, uuid, timestamptz) to fleet_writer;

comment on function fleet.record_spawn_usage(text, text, bigint, numeric, uuid, timestamptz) is
  'Record that a spawn used tokens, and what they cost.

p_project, p_task_id: the task; open, ended or archived. p_tokens: tokens used since the last event, 0 to 1,000,000,000,000.
p_cost_usd: what they cost in US dollars, 0 to 1,000,000,000, kept to 12 decimals. p_event_id: your id of this event, so that
a repeat is known as one. p_at: when they were used; it tells which attempt at the task they count for.
Returns the id of the spawn they count for; the same one for a repeat, which counts once.
Errors: MF001 unknown project; MF002 unknown task; MF003 a bad value; MF006 the event id was recorded with other amounts.
Example: select fleet.record_spawn_usage(''consilio'', ''task-17'', 1250, 0.0375);';
