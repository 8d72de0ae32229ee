-- Document 1's "high-context sessions": live ones over 70 %, with what their zone asks for.
create or replace view fleet.high_context_sessions as
select
  z.project,
  z.context_usage,
  s.last_context_check,
  z.zone,
  z.severity,
  z.advice,
  s.estimated_tokens_used,
  s.estimated_tokens_total,
  s.session_id,
  s.host
from fleet.get_context_zone() as z
join fleet.ps_sessions as s on s.project = z.project
where z.context_usage > 0.70;

revoke all on fleet.high_context_sessions from public;
grant select on fleet.high_context_sessions to fleet_reader;

comment on view fleet.high_context_sessions is 'Live sessions that use over 70 % of their context window. Key: project.';
comment on column fleet.high_context_sessions.context_usage is 'How full the context window is, 0 to 1.';
comment on column fleet.high_context_sessions.zone is 'The zone of context_zones it is in.';
comment on column fleet.high_context_sessions.severity is 'That zone''s severity.';
comment on column fleet.high_context_sessions.advice is 'That zone''s advice.';
