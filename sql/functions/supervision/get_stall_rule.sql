-- The limits that hold for a project's spawns of a type: the row of stall_rules that names most, a named project before
-- a named task type. The built-in limits stand behind the table, so that a deleted row never silences a check.
create or replace function fleet.get_stall_rule(
  p_project    text,
  p_task_type  text default null
)
returns table (
  stalled_after     interval,
  escalate_after    interval,
  error_pattern     text,
  max_output_bytes  bigint,
  rule_project      text,
  rule_task_type    text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select
    -- in seconds: a day of the session's time zone may have 23 hours
    make_interval(secs => extract(epoch from r.stalled_after)::double precision) as stalled_after,
    make_interval(secs => extract(epoch from r.escalate_after)::double precision) as escalate_after,
    r.error_pattern,
    r.max_output_bytes,
    r.rule_project,
    r.rule_task_type
  from (
    select
      s.stalled_after,
      s.escalate_after,
      s.error_pattern,
      s.max_output_bytes,
      s.project as rule_project,
      s.task_type as rule_task_type,
      (s.project <> '*')::integer * 2 + (s.task_type <> '*')::integer as precedence
    from fleet.stall_rules as s
    where s.project in (p_project, '*') and s.task_type in (p_task_type, '*')
    union all
    select
      interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824, null, null, -1
  ) as r
  order by r.precedence desc
  limit 1;
end;

revoke all on function fleet.get_stall_rule(text, text) from public;
grant execute on function fleet.get_stall_rule(text, text) to fleet_reader;

comment on function fleet.get_stall_rule(text, text) is
  'The limits of silence, error pattern and output size that hold for a project''s spawns of a task type.

p_project: the project. p_task_type: the task type, null for none.
Returns one row: stalled_after and escalate_after, error_pattern, max_output_bytes, and the key of the row of
stall_rules they come from (null: the built-in limits, because no row applies).
Example: select * from fleet.get_stall_rule(''consilio'', ''research'');';
