-- Move sessions that ended longer ago than retention_rules says to session_history, at most p_limit a call. Rows somebody
-- works on are left for the next call. Locks in the order of the keys.
create or replace function fleet.archive_ended_sessions(
  p_limit  integer      default 5000,
  p_at     timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  v_cut      timestamptz;
  v_project  text;
  v_moved    bigint := 0;
begin
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'p_limit is not between 1 and 100000'
      using errcode = 'MF003', detail = format('Value: %s', coalesce(p_limit::text, 'null')), hint = 'Leave it out.';
  end if;
  v_cut := least(fleet_internal.require_instant('p_at', p_at), clock_timestamp())
    - (select r.keep_for from fleet.retention_rules as r where r.table_name = 'ps_sessions');

  for v_project in
    select s.project
    from fleet.ps_sessions as s
    where s.ended_at < v_cut and isfinite(s.ended_at)
    order by s.project
    limit p_limit
    for update skip locked
  loop
    perform fleet_internal.archive_session(v_project, null, null);
    v_moved := v_moved + 1;
  end loop;
  return v_moved;
end
$$;

revoke all on function fleet.archive_ended_sessions(integer, timestamptz) from public;
grant execute on function fleet.archive_ended_sessions(integer, timestamptz) to fleet_writer;

comment on function fleet.archive_ended_sessions(integer, timestamptz) is
  'Move sessions that ended a while ago (retention_rules, 24 h) from ps_sessions to session_history.

p_limit: at most so many a call, 1 to 100,000. p_at: the instant to reckon from (never later than the server''s clock).
Returns how many moved; call and commit until it is 0.
Errors: MF003 a bad value.
Example: select fleet.archive_ended_sessions();';
