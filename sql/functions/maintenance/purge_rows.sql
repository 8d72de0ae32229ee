-- One step of retention for small tables that are not split: delete the oldest rows past their time, at most p_limit a
-- call. Open handoffs stay, whatever their age. Locks in the order of age; rows somebody works on wait for the next call.
create or replace function fleet.purge_rows(
  p_table_name  text,
  p_limit       integer      default 5000,
  p_at          timestamptz  default now()
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
  v_deleted  bigint;
begin
  if p_limit is null or p_limit not between 1 and 100000 then
    raise exception 'p_limit is not between 1 and 100000'
      using errcode = 'MF003', detail = format('Value: %s', coalesce(p_limit::text, 'null')), hint = 'Leave it out.';
  end if;
  -- the clock bounds the cut: an instant from the future must not delete what is still wanted
  select least(fleet_internal.require_instant('p_at', p_at), clock_timestamp()) - r.keep_for into v_cut
  from fleet.retention_rules as r
  where r.table_name = p_table_name and r.action = 'delete';

  if p_table_name = 'session_handoffs' and v_cut is not null then
    delete from fleet.session_handoffs as h
    using (
      select d.project, d.asked_at, d.id
      from fleet.session_handoffs as d
      where d.asked_at < v_cut and d.state <> 'asked'
      order by d.asked_at
      limit p_limit
      for update skip locked
    ) as due
    where h.project = due.project and h.asked_at = due.asked_at and h.id = due.id;
  elsif p_table_name = 'health_check_counts' and v_cut is not null then
    delete from fleet.health_check_counts as c
    using (
      select d.project, d.check_date, d.check_type, d.status
      from fleet.health_check_counts as d
      where d.check_date < v_cut::date
      order by d.check_date, d.project, d.check_type, d.status
      limit p_limit
      for update skip locked
    ) as due
    where c.project = due.project and c.check_date = due.check_date and c.check_type = due.check_type and c.status = due.status;
  else
    raise exception 'table % is not purged by rows', coalesce(quote_literal(left(p_table_name, 100)), 'null')
      using errcode = 'MF004',
        detail = 'retention_rules must name it with the action delete.',
        hint = 'select table_name from fleet.retention_rules where action = ''delete''';
  end if;
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;

revoke all on function fleet.purge_rows(text, integer, timestamptz) from public;
grant execute on function fleet.purge_rows(text, integer, timestamptz) to fleet_writer;

comment on function fleet.purge_rows(text, integer, timestamptz) is
  'Delete the rows of a table that are past their retention; one step of the purge.

p_table_name: a table that retention_rules names with the action delete. p_limit: at most so many a call, 1 to 100,000.
p_at: the instant to reckon from (default now; never later than the server''s clock).
Returns how many rows went; call and commit until it is 0.
Errors: MF003 a bad value; MF004 no such table in the rules.
Example: select fleet.purge_rows(''session_handoffs'');';
