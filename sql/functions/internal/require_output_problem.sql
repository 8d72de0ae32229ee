-- The guard of p_problem: a known code, alone or with words behind a colon.
create or replace function fleet_internal.require_output_problem(
  p_problem  text
)
returns text
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_problem !~ '^(missing|unreadable|irregular|binary|oversized|future_mtime|bad_pattern)(: |$)' then
    raise exception 'output problem % is not known', quote_literal(left(p_problem, 60))
      using errcode = 'MF004',
        detail = 'Nothing of the call was recorded.',
        hint = 'It is missing, unreadable, irregular, binary, oversized, future_mtime or bad_pattern, with words behind a colon.';
  end if;
  return p_problem;
end
$$;

revoke all on function fleet_internal.require_output_problem(text) from public;

comment on function fleet_internal.require_output_problem(text) is
  'Return the problem unchanged, or raise MF004 when its code is not known.';
