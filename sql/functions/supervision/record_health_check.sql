-- One row of the audit trail. The same record for the same instant again is a repeat: it is stored once and returns the
-- same id. Takes no lock but the new row's.
create or replace function fleet.record_health_check(
  p_project       text,
  p_check_type    text,
  p_status        text,
  p_details       jsonb        default '{}',
  p_action_taken  text         default null,
  p_at            timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_details  jsonb := coalesce(p_details, '{}');
begin
  if p_project is distinct from '*' then
    perform fleet_internal.require_key('p_project', p_project);
  end if;
  perform fleet_internal.require_check_type(p_check_type);
  if p_status is null or p_status not in ('ok', 'warning', 'critical') then
    raise exception 'status % of a health check is not known', coalesce(quote_literal(left(p_status, 60)), 'null')
      using errcode = 'MF004',
        detail = 'Nothing was recorded.',
        hint = 'It is ok, warning or critical.';
  end if;
  perform fleet_internal.require_object('p_details', v_details, 65000);
  return fleet_internal.insert_health_check(p_project, p_check_type, p_status, v_details, p_action_taken,
    fleet_internal.believe_instant(p_project, 'record_health_check', p_at));
end
$$;

revoke all on function fleet.record_health_check(text, text, text, jsonb, text, timestamptz) from public;
grant execute on function fleet.record_health_check(text, text, text, jsonb, text, timestamptz) to fleet_writer;

comment on function fleet.record_health_check(text, text, text, jsonb, text, timestamptz) is
  'Record a health check.

p_project: the project, or * for a check of the whole fleet. p_check_type: a row of check_types.
p_status: ok, warning or critical. p_details: an object under 64 kB, without secrets. p_action_taken: what was done.
p_at: when the check was made.
Returns the id of the record; the same one for a repeat.
Errors: MF003 a bad value; MF004 unknown check type or status; MF007 p_details carries a secret.
Example: select fleet.record_health_check(''consilio'', ''spawn'', ''ok'', ''{"running": 3}'');';
