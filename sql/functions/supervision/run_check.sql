-- Run one kind of check and record its verdict in health_checks, a row a project (none for a p_at of the future). A check that fails to run is UNKNOWN
-- for itself, never fine: its error is the message and nothing of it is kept. The evaluator's name comes from
-- check_types, which no caller can write. Safe to repeat.
create or replace function fleet.run_check(
  p_check_type  text,
  p_at          timestamptz default now()
)
returns table (
  name                text,
  subject             text,
  status              text,
  value               numeric,
  unit                text,
  warning_threshold   numeric,
  critical_threshold  numeric,
  message             text,
  detail              jsonb
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_evaluator  text;
  v_findings   jsonb;
  v_state      text;
  v_message    text;
begin
  perform fleet_internal.require_instant('p_at', p_at);
  perform fleet_internal.require_check_type(p_check_type);
  select c.evaluator into v_evaluator from fleet.check_types as c where c.check_type = p_check_type;
  if v_evaluator is null then
    raise exception 'check type % is only recorded, not run', quote_literal(p_check_type)
      using errcode = 'MF004',
        detail = 'It has no evaluator.',
        hint = 'Its checks come in by record_health_check. What runs: select * from fleet.list_check_types()';
  end if;

  begin
    execute format('select coalesce(jsonb_agg(to_jsonb(e)), ''[]'') from fleet_internal.%I($1) as e', v_evaluator)
    into v_findings using p_at;
    perform fleet_internal.record_findings(p_check_type, v_findings, p_at);
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
      return query select p_check_type, null::text, 'unknown', null::numeric, null::text, null::numeric, null::numeric,
        format('the check could not run: %s (SQLSTATE %s)', v_message, v_state),
        jsonb_build_object('sqlstate', v_state, 'error', v_message);
      return;
  end;

  if v_findings = '[]' then
    v_findings := '[{"status": "ok", "message": "nothing to look at"}]';
  end if;
  return query
  select
    p_check_type, f.subject, f.status, f.value, f.unit, f.warning_threshold, f.critical_threshold, f.message, f.detail
  from jsonb_to_recordset(v_findings) as f (
    subject text, status text, value numeric, unit text, warning_threshold numeric, critical_threshold numeric, message text,
    detail jsonb)
  order by array_position(array['critical', 'unknown', 'warning', 'ok'], f.status), f.value desc nulls last, f.subject;
end
$$;

revoke all on function fleet.run_check(text, timestamptz) from public;
grant execute on function fleet.run_check(text, timestamptz) to fleet_writer;

comment on function fleet.run_check(text, timestamptz) is
  'Run one kind of health check over the fleet and record the verdicts.

p_check_type: a row of check_types that has an evaluator. p_at: as of when (default now).
Returns the findings, worst first: name (the check type), subject (project, project/task, table; null for the whole
fleet), status (ok, warning, critical, unknown), value with unit and thresholds, message, detail.
Errors: MF003 p_at is no usable instant; MF004 unknown check type, or one that is only recorded.
Example: select * from fleet.run_check(''spawn'');';
