-- Find a context reading in prose. A number may have separators of thousands and a k or M behind it; the last mention of
-- "context" counts, as an agent may quote the question first. Percentage, or used/total, or both; null where neither.
create or replace function fleet_internal.parse_context_text(
  p_text  text
)
returns table (
  context_percentage  numeric,
  tokens_used         bigint,
  tokens_total        bigint
)
language sql
immutable
parallel safe
security invoker
begin atomic
  select
    coalesce(f.percentage, case when n.used <= n.total then trim_scale(round(100.0 * n.used / n.total, 4)) end) as context_percentage,
    n.used as tokens_used,
    n.total as tokens_total
  from (
    -- from the last "context" on, a bounded piece
    select left(regexp_replace(left(p_text, 20000), '^.*\mcontext\M', '', 'i'), 300)
    where p_text ~* '\mcontext\M'
  ) as t (tail)
  cross join lateral (
    select
      (regexp_match(t.tail, '([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%'))[1]::numeric as percentage,
      regexp_match(t.tail, '([0-9][0-9,.''_ ]*)\s*([kKmM]?)\s*(?:/|of)\s*([0-9][0-9,.''_ ]*)\s*([kKmM]?)') as pair
  ) as f
  cross join lateral (
    -- no context window is that small: "3/4 done" is not one
    select
      case when c.total >= 1000 then c.used end as used,
      case when c.total >= 1000 then c.total end as total
    from (
      select
        fleet_internal.parse_token_count(f.pair[1], f.pair[2]) as used,
        fleet_internal.parse_token_count(f.pair[3], f.pair[4]) as total
    ) as c
  ) as n;
end;

revoke all on function fleet_internal.parse_context_text(text) from public;

comment on function fleet_internal.parse_context_text(text) is
  'Percentage, tokens used and total from text such as Context: 31.6% (63,153/200,000 tokens); no row or nulls where there is none.';
