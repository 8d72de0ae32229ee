-- The verdicts of a check as rows of health_checks: one a project, the worst status, the worst findings in its details as
-- far as they fit (the count is whole). health_checks knows no unknown: what could not be told is recorded as warning.
-- Recorded in the order of the projects.
create or replace function fleet_internal.record_findings(
  p_check_type  text,
  p_findings    jsonb,
  p_at          timestamptz
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
as $$
begin
  -- what would be found at a later time is an answer, not a record
  if p_at > clock_timestamp() + fleet_internal.get_time_limit('clock_tolerance', interval '1 minute') then
    return;
  end if;
  perform fleet_internal.insert_health_check(
    p.project,
    p_check_type,
    case p.rank_of_worst when 4 then 'critical' when 1 then 'ok' else 'warning' end,
    jsonb_build_object('findings', p.findings, 'count', p.n),
    null,
    p_at)
  from (
    select
      coalesce(f.project, '*') as project,
      max(array_position(array['ok', 'unknown', 'warning', 'critical'], f.status)) as rank_of_worst,
      count(*) as n,
      coalesce(jsonb_agg(f.finding order by f.position) filter (where f.position <= 50 and f.bytes_so_far <= 60000), '[]')
      as findings
    from (
      select
        r.project, r.status, j.finding,
        row_number() over by_urgency as position,
        sum(greatest(octet_length(j.finding::text), pg_column_size(j.finding)) + 16) over by_urgency as bytes_so_far
      from jsonb_to_recordset(p_findings) as r (project text, subject text, status text, message text)
      cross join lateral (
        select jsonb_build_object('subject', r.subject, 'status', r.status, 'message', left(r.message, 500))
      ) as j (finding)
      window by_urgency as (
        partition by r.project order by array_position(array['critical', 'warning', 'unknown', 'ok'], r.status), r.subject
        rows unbounded preceding)
    ) as f
    group by coalesce(f.project, '*')
    order by coalesce(f.project, '*')
  ) as p;
end
$$;

revoke all on function fleet_internal.record_findings(text, jsonb, timestamptz) from public;

comment on function fleet_internal.record_findings(text, jsonb, timestamptz) is
  'Record the findings of a check in health_checks, one row a project.';
