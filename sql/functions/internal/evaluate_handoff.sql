-- Check type handoff: critical while a document is past its deadline, and on while the session that let it pass lives and
-- has not written one since; warning when a project had more than one handoff within time_limits.handoff_spacing. Reads
-- open handoffs, the latest of each live session and those of the last hour: all through indexes, never the past.
create or replace function fleet_internal.evaluate_handoff(
  p_at  timestamptz
)
returns table (
  project             text,
  subject             text,
  status              text,
  value               numeric,
  unit                text,
  warning_threshold   numeric,
  critical_threshold  numeric,
  message             text,
  detail              jsonb
)
language sql
stable
parallel safe
security invoker
begin atomic
  with open_handoffs as (
    select h as handoff
    from fleet.session_handoffs as h
    where h.state = 'asked' and h.asked_at <= p_at
    union all
    select l.handoff
    from fleet.ps_sessions as s
    cross join lateral (
      select h as handoff, h.ps_session_id, h.state
      from fleet.session_handoffs as h
      where h.project = s.project and h.asked_at <= p_at and h.asked_at >= s.started_at
      order by h.asked_at desc, h.id desc
      limit 1
    ) as l
    where (s.ended_at is null or s.ended_at > p_at) and l.ps_session_id = s.id and l.state = 'timed_out'
  ),
  judged as (
    select
      o.handoff,
      (o.handoff).project,
      coalesce((o.handoff).session_id, (o.handoff).ps_session_id::text) as session,
      (o.handoff).deadline_at < p_at as is_late,
      p_at - (o.handoff).asked_at as waiting,
      (o.handoff).deadline_at - (o.handoff).asked_at as allowed
    from open_handoffs as o
  ),
  recent as (
    select h.project, count(*) as n, max(h.asked_at) as last_asked_at, l.spacing
    from (select fleet_internal.get_time_limit('handoff_spacing', interval '1 hour')) as l (spacing)
    join fleet.session_handoffs as h on h.asked_at > p_at - l.spacing and h.asked_at <= p_at
    group by h.project, l.spacing
  )
  select
    j.project,
    j.project || '/' || j.session,
    case when j.is_late then 'critical' else 'ok' end,
    round(extract(epoch from j.waiting), 3),
    's',
    null::numeric,
    extract(epoch from j.allowed),
    format(
      case when j.is_late then 'no handoff document %s after it was asked for (allowed %s)'
        else 'handoff document asked for %s ago (allowed %s)' end,
      fleet_internal.format_duration(j.waiting), fleet_internal.format_duration(j.allowed)),
    fleet_internal.describe_handoff(j.handoff)
  from judged as j
  union all
  select
    r.project,
    r.project,
    case when r.n > 1 then 'warning' else 'ok' end,
    r.n::numeric,
    'handoffs',
    2::numeric,
    null::numeric,
    format('%s %s within %s', r.n, case when r.n > 1 then 'handoffs' else 'handoff' end, fleet_internal.format_duration(r.spacing)),
    jsonb_build_object('handoffs', r.n, 'last_asked_at', r.last_asked_at)
  from recent as r;
end;

revoke all on function fleet_internal.evaluate_handoff(timestamptz) from public;

comment on function fleet_internal.evaluate_handoff(timestamptz) is
  'Findings of check type handoff: documents past their deadline, and projects that hand over too often.';
