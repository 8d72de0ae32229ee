-- The zone that a context use lies in, and how far the next one is. A project with zones of its own has only those; below
-- its lowest zone the lowest holds; where all rows were deleted the zone is null. Without a use given, that of the
-- project's live session.
create or replace function fleet.get_context_zone(
  p_project        text     default null,
  p_context_usage  numeric  default null
)
returns table (
  project         text,
  context_usage   numeric,
  zone            text,
  severity        text,
  largest_task    text,
  wants_prompt    boolean,
  wants_handoff   boolean,
  advice          text,
  next_zone       text,
  next_zone_from  numeric,
  tokens_to_next  bigint
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    u.project,
    u.context_usage,
    z.zone,
    z.severity,
    z.largest_task,
    z.wants_prompt,
    z.wants_handoff,
    z.advice,
    n.zone as next_zone,
    n.from_usage as next_zone_from,
    ceil((n.from_usage - u.context_usage) * u.tokens_total)::bigint as tokens_to_next
  from (
    select s.project, s.context_usage, s.estimated_tokens_total as tokens_total
    from fleet.ps_sessions as s
    where p_context_usage is null
      and s.context_usage is not null
      and s.ended_at is null
      and (p_project is null or s.project = p_project)
      and fleet_internal.require_known_project(p_project)
    union all
    select p_project, p_context_usage, (select s.estimated_tokens_total from fleet.ps_sessions as s where s.project = p_project)
    where p_context_usage is not null
      and fleet_internal.require_known_project(p_project)
      and fleet_internal.require_ratio('p_context_usage', p_context_usage)
  ) as u
  cross join lateral (
    select case when exists (select from fleet.context_zones as c where c.project = u.project) then u.project else '*' end
  ) as o (owner)
  left join lateral (
    select c.zone, c.severity, c.largest_task, c.wants_prompt, c.wants_handoff, c.advice
    from fleet.context_zones as c
    where c.project = o.owner
    order by c.from_usage <= u.context_usage desc, case when c.from_usage <= u.context_usage then -c.from_usage else c.from_usage end
    limit 1
  ) as z on true
  left join lateral (
    select c.zone, c.from_usage
    from fleet.context_zones as c
    where c.project = o.owner and c.from_usage > u.context_usage and c.zone <> z.zone
    order by c.from_usage
    limit 1
  ) as n on true
  order by u.context_usage desc, u.project;
end;

revoke all on function fleet.get_context_zone(text, numeric) from public;
grant execute on function fleet.get_context_zone(text, numeric) to fleet_reader;

comment on function fleet.get_context_zone(text, numeric) is
  'The context zone of a project''s live session, or of any given context use.

p_project: the project; null for all that have a live session with a reading. p_context_usage: a use to judge instead,
0 to 1.
Returns a row a project: context_usage (0 to 1), zone, severity, largest_task to begin, wants_prompt, wants_handoff,
advice, and next_zone, the use it begins at and the tokens until then (null in the last zone). No row: no reading yet.
Errors: MF001 unknown project; MF003 a use that is not between 0 and 1.
Example: select project, zone, advice from fleet.get_context_zone(''consilio'');';
