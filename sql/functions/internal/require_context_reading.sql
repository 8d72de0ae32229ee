-- The guard of a context reading. NaN compares as greater than every number, so BETWEEN refuses it.
create or replace function fleet_internal.require_context_reading(
  p_context_percentage  numeric,
  p_tokens_used         bigint,
  p_tokens_total        bigint
)
returns void
language plpgsql
immutable
parallel safe
security invoker
as $$
declare
  v_fault text;
begin
  v_fault := case
    when p_context_percentage is null then 'the percentage is missing'
    when p_context_percentage not between 0 and 100 then 'the percentage is not between 0 and 100'
    when p_tokens_used < 0 then 'tokens used are negative'
    when p_tokens_total <= 0 then 'the total of tokens is not positive'
    when p_tokens_used > p_tokens_total then 'more tokens are used than there are'
    when abs(p_context_percentage - 100.0 * p_tokens_used / p_tokens_total) > 1 then
      'percentage and tokens are more than a point apart'
  end;
  if v_fault is not null then
    raise exception 'this is no context reading: %', v_fault
      using errcode = 'MF003',
        detail = format('Percentage %s, used %s, total %s.', coalesce(p_context_percentage::text, 'null'),
          coalesce(p_tokens_used::text, 'null'), coalesce(p_tokens_total::text, 'null')),
        hint = 'The percentage counts to 100: 70 per cent is 70, and 0.7 is less than one per cent.';
  end if;
end
$$;

revoke all on function fleet_internal.require_context_reading(numeric, bigint, bigint) from public;

comment on function fleet_internal.require_context_reading(numeric, bigint, bigint) is
  'Raise MF003 unless percentage, tokens used and total (the last two may be null) are in range and agree within a point.';
