-- The ended session that lived at an instant: what is told late belongs to it, not to its successor. By the primary key
-- of session_history; partitions that ended before the instant are not read.
create or replace function fleet_internal.find_past_session(
  p_project  text,
  p_at       timestamptz
)
returns table (
  id            bigint,
  tokens_total  bigint
)
language sql
stable
parallel safe
security invoker
begin atomic
  select p.id, p.estimated_tokens_total as tokens_total
  from (
    select s.id, s.started_at, s.estimated_tokens_total
    from fleet.ps_sessions as s
    where s.project = p_project and s.started_at <= p_at and s.ended_at >= p_at
    union all
    select h.id, h.started_at, h.estimated_tokens_total
    from fleet.session_history as h
    where h.project = p_project and h.started_at <= p_at and h.ended_at >= p_at
    union all
    select o.id, o.started_at, o.estimated_tokens_total
    from fleet.session_history_overflow as o
    where o.project = p_project and o.started_at <= p_at and o.ended_at >= p_at
  ) as p
  order by p.started_at desc, p.id desc
  limit 1;
end;

revoke all on function fleet_internal.find_past_session(text, timestamptz) from public;

comment on function fleet_internal.find_past_session(text, timestamptz) is
  'The ended session of a project that lived at p_at, and the size of its context window; no row where there was none.';
