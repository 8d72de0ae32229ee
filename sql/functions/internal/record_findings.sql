-- The verdicts of a check as rows of health_checks: one a project, the worst status, at most 50 findings in its details
-- (the count is whole). Recorded in the order of the projects.
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
  perform fleet.record_health_check(
    p.project,
    p_check_type,
    case when p.rank_of_worst = 3 then 'critical' when p.rank_of_worst = 2 then 'warning' else 'ok' end,
    jsonb_build_object('findings', p.findings, 'count', p.n),
    null,
    p_at)
  from (
    select
      coalesce(f.project, '*') as project,
      max(array_position(array['ok', 'warning', 'critical'], f.status)) as rank_of_worst,
      count(*) as n,
      coalesce(jsonb_agg(
        jsonb_build_object('subject', f.subject, 'status', f.status, 'message', left(f.message, 500))
        order by f.position) filter (where f.position <= 50), '[]') as findings
    from (
      select
        r.project, r.subject, r.status, r.message,
        row_number() over (partition by r.project order by array_position(array['critical', 'warning', 'ok'], r.status), r.subject)
        as position
      from jsonb_to_recordset(p_findings) as r (project text, subject text, status text, message text)
    ) as f
    group by coalesce(f.project, '*')
    order by coalesce(f.project, '*')
  ) as p;
end
$$;

revoke all on function fleet_internal.record_findings(text, jsonb, timestamptz) from public;

comment on function fleet_internal.record_findings(text, jsonb, timestamptz) is
  'Record the findings of a check in health_checks, one row a project.';
