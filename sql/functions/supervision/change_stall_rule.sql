-- Sets the limits of a project, of a task type, or ('*') of any. What is left null stays as it was; in a new row it is
-- taken from the rule that held before. Idempotent. Locks the one row.
create or replace function fleet.change_stall_rule(
  p_project           text      default '*',
  p_task_type         text      default '*',
  p_stalled_after     interval  default null,
  p_escalate_after    interval  default null,
  p_error_pattern     text      default null,
  p_max_output_bytes  bigint    default null
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old  record;
begin
  if p_project is distinct from '*' then
    perform fleet_internal.require_key('p_project', p_project);
  end if;
  if p_task_type is distinct from '*' then
    perform fleet_internal.require_key('p_task_type', p_task_type);
  end if;
  begin
    perform '' ~ p_error_pattern;
  exception
    when invalid_regular_expression then
      raise exception 'p_error_pattern is no regular expression'
        using errcode = 'MF003', detail = sqlerrm, hint = 'Example: Error:|Traceback|fatal:';
  end;

  -- lines are matched by PostgreSQL's and by other regular expression engines: only what all of them read alike
  if p_error_pattern ~ '\[([:.=])[\w-]+\1\]|\\[mMyYAZ]|^\*\*\*' then
    raise exception 'p_error_pattern uses what only PostgreSQL understands'
      using errcode = 'MF003',
        detail = format('Pattern: %s', quote_literal(left(p_error_pattern, 200))),
        hint = 'No [[:classes:]], no \m \M \y \Y \A \Z, no *** in front: checkers match with other engines.';
  end if;

  select * into v_old from fleet.get_stall_rule(p_project, p_task_type);
  p_stalled_after := coalesce(p_stalled_after, v_old.stalled_after);
  -- an escalation below the new stall limit can only be left over from the old one
  p_escalate_after := coalesce(p_escalate_after, greatest(v_old.escalate_after, p_stalled_after));
  if p_stalled_after not between interval '1 second' and interval '30 days'
    or p_escalate_after not between p_stalled_after and interval '60 days'
    or length(p_error_pattern) not between 1 and 1000
    or p_max_output_bytes <= 0
  then
    raise exception 'these limits do not fit together'
      using errcode = 'MF003',
        detail = format('p_stalled_after %s, p_escalate_after %s, p_max_output_bytes %s.',
          p_stalled_after, p_escalate_after, p_max_output_bytes),
        hint = 'A stall lasts 1 second to 30 days, escalation at least as long and at most 60 days, '
          'a pattern has 1 to 1000 characters, bytes are positive.';
  end if;

  insert into fleet.stall_rules as r (project, task_type, stalled_after, escalate_after, error_pattern, max_output_bytes)
  values (p_project, p_task_type, p_stalled_after, p_escalate_after,
    coalesce(p_error_pattern, v_old.error_pattern), coalesce(p_max_output_bytes, v_old.max_output_bytes))
  on conflict (project, task_type) do update
    set stalled_after = excluded.stalled_after,
      escalate_after = excluded.escalate_after,
      error_pattern = excluded.error_pattern,
      max_output_bytes = excluded.max_output_bytes;
end
$$;

revoke all on function fleet.change_stall_rule(text, text, interval, interval, text, bigint) from public;
grant execute on function fleet.change_stall_rule(text, text, interval, interval, text, bigint) to fleet_writer;

comment on function fleet.change_stall_rule(text, text, interval, interval, text, bigint) is
  'Set when silence is a stall and what an error looks like, for a project, a task type, or both.

p_project, p_task_type: whom it is for; * (default) for any.
p_stalled_after: silence this long is a stall, 1 second to 30 days. p_escalate_after: critical, at least as long.
p_error_pattern: regular expression for an error line, in the syntax common to PostgreSQL and Python. p_max_output_bytes: a larger output file is reported.
Null leaves a value as it is.
Errors: MF003 a value out of range, or no regular expression.
Example: select fleet.change_stall_rule(''consilio'', p_stalled_after => ''5 minutes'');';
