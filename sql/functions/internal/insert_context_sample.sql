-- Keep a reading whose values are sound. Of two readings of one instant the later told stands. A row for whose day no
-- partition exists is kept whole in the overflow table.
create or replace function fleet_internal.insert_context_sample(
  p_project        text,
  p_ps_session_id  bigint,
  p_context_usage  numeric,
  p_tokens_used    bigint,
  p_tokens_total   bigint,
  p_at             timestamptz
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
as $$
begin
  insert into fleet.context_samples as c (project, sampled_at, ps_session_id, context_usage, tokens_used, tokens_total)
  values (p_project, p_at, p_ps_session_id, p_context_usage, p_tokens_used, p_tokens_total)
  on conflict (project, sampled_at, ps_session_id) do update
    set context_usage = excluded.context_usage, tokens_used = excluded.tokens_used, tokens_total = excluded.tokens_total;
exception
  -- "no partition of relation found for row" is a check_violation too; a real one fails in the overflow table again
  when check_violation then
    insert into fleet.context_samples_overflow as o (project, sampled_at, ps_session_id, context_usage, tokens_used, tokens_total)
    values (p_project, p_at, p_ps_session_id, p_context_usage, p_tokens_used, p_tokens_total)
    on conflict (project, sampled_at, ps_session_id) do update
      set context_usage = excluded.context_usage, tokens_used = excluded.tokens_used, tokens_total = excluded.tokens_total;
end
$$;

revoke all on function fleet_internal.insert_context_sample(text, bigint, numeric, bigint, bigint, timestamptz) from public;

comment on function fleet_internal.insert_context_sample(text, bigint, numeric, bigint, bigint, timestamptz) is
  'Store a context reading in its partition or in the overflow table.';
