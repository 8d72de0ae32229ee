-- Every kind of check that can be run, one after the other. One that fails is UNKNOWN and stops no other. This is what
-- `sqlctl check` prints; any client gets the same answer.
create or replace function fleet.run_checks(
  p_at  timestamptz default now()
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
declare
  v_check_type  text;
begin
  perform fleet_internal.require_instant('p_at', p_at);
  for v_check_type in
    select c.check_type from fleet.check_types as c where c.evaluator is not null order by c.check_type
  loop
    return query
    select r.name, r.subject, r.status, r.value, r.unit, r.warning_threshold, r.critical_threshold, r.message, r.detail
    from fleet.run_check(v_check_type, p_at) as r;
  end loop;
end
$$;

revoke all on function fleet.run_checks(timestamptz) from public;
grant execute on function fleet.run_checks(timestamptz) to fleet_writer;

comment on function fleet.run_checks(timestamptz) is
  'Run every kind of health check over the fleet and record the verdicts.

p_at: as of when (default now).
Returns the findings of run_check for each check type, the types in order of name.
Errors: MF003 p_at is no usable instant.
Example: select name, subject, status, message from fleet.run_checks() where status <> ''ok'';';
