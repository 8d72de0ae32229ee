-- Find a context reading in prose: a percentage, or used/total, or both. Looked for behind each "context" of the last
-- 20,000 characters; the last one that has a reading counts, as an agent may quote the question first. What could mean
-- something else is no reading: two percentages on one line, what is left rather than used, a date, "3/4 done".
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
    coalesce(
      -- of several percentages the one that the tokens bear out
      (
        select u.percentage
        from unnest(f.percentages) as u (percentage)
        where n.used is null or abs(u.percentage - 100.0 * n.used / n.total) <= 1
        limit 1
      ),
      f.percentages[1],
      case when n.used <= n.total then trim_scale(round(100.0 * n.used / n.total, 4)) end) as context_percentage,
    n.used as tokens_used,
    n.total as tokens_total
  from (
    -- from "context" to the end of the first line that has a figure
    select s.no, (regexp_match(left(s.piece, 300), '^[^0-9]*[0-9][^\n]*'))[1] as line
    from regexp_split_to_table(right(p_text, 20000), '\mcontext\M', 'i') with ordinality as s (piece, no)
    where s.no > 1
  ) as t
  cross join lateral (
    select array(
      select distinct replace(r.match[1], ',', '.')::numeric
      from regexp_matches(t.line, '(?<![-\u2212/.,0-9])([0-9]{1,3}(?:[.,][0-9]{1,20})?)\s*%', 'g') as r (match)
    ) as percentages
  ) as f
  left join lateral (
    select c.used, c.total
    from regexp_matches(
      t.line,
      '(?<![-\u2212/.,0-9a-z])(([0-9]+(?:[,.''_ \u00a0\u2009\u202f][0-9]{3})*|[0-9]+[.,][0-9]+(?=\s*[km]))\s*([km]?)\s*(?:tokens\s*)?'
      || '(?:/|\mof\M)\s*([0-9]+(?:[,.''_ \u00a0\u2009\u202f][0-9]{3})*|[0-9]+[.,][0-9]+(?=\s*[km]))\s*([km]?)(?![/0-9])\s*(?:tok)?)',
      'gi') as r (match)
    cross join lateral (
      select
        fleet_internal.parse_token_count(r.match[2], r.match[3]) as used,
        fleet_internal.parse_token_count(r.match[4], r.match[5]) as total
    ) as c
    -- no context window is that small, and "5 of 2000" may be files
    where c.total >= 1000 and c.used is not null and r.match[1] ~* '/|tok|[0-9]\s*[km]'
    limit 1
  ) as n on true
  where (n.used is not null or cardinality(f.percentages) = 1)
    and t.line !~* '^[^0-9]*\m(left|remaining|remains|free|available|until)\M'
    and t.line !~* '%\s*\(?\s*(of\s+\w+\s+|is\s+|still\s+)*(left|remaining|remains|free|available)\M'
  order by t.no desc
  limit 1;
end;

revoke all on function fleet_internal.parse_context_text(text) from public;

comment on function fleet_internal.parse_context_text(text) is
  'Percentage, tokens used and total from text such as Context: 31.6% (63,153/200,000 tokens); no row or nulls where there is none.';
