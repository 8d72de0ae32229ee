-- What the supervisor answered to a check: ps_response of its row. The latest checks are looked at first, as they are the
-- ones that are answered; so the key serves and no index on the id is needed. The same answer again changes nothing,
-- another one is an error: the first is part of the audit trail. Locks the check's row.
create or replace function fleet.record_check_response(
  p_project   text,
  p_check_id  bigint,
  p_response  text,
  p_at        timestamptz default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at        timestamptz;
  v_response  text := fleet_internal.bound_text(p_response, 10000);
  v_check     record;
begin
  if p_project is distinct from '*' then
    perform fleet_internal.require_key('p_project', p_project);
  end if;
  if p_check_id is null or coalesce(btrim(p_response), '') = '' then
    raise exception 'p_check_id or p_response is missing'
      using errcode = 'MF003',
        detail = format('p_check_id %s, p_response %s.', coalesce(p_check_id::text, 'null'), coalesce(quote_literal(p_response), 'null')),
        hint = 'Give the id that record_health_check returned, and what was answered.';
  end if;
  v_at := fleet_internal.believe_instant(p_project, 'record_check_response', p_at);

  -- twice: it may just be moving from the overflow table to its partition
  for v_round in 1 .. 2 loop
    select h.check_time, h.ps_response, false as is_waiting into v_check
    from fleet.health_checks as h
    where h.project = p_project and h.id = p_check_id
    order by h.check_time desc
    limit 1
    for update;
    exit when found;
    select o.check_time, o.ps_response, true as is_waiting into v_check
    from fleet.health_checks_overflow as o
    where o.project = p_project and o.id = p_check_id
    for update;
    exit when found;
  end loop;
  if v_check.check_time is null then
    if not exists (select from fleet.health_checks as h where h.project = p_project) then
      perform fleet_internal.require_known_project(nullif(p_project, '*'));
    end if;
    raise exception 'project % has no health check %', quote_literal(p_project), p_check_id
      using errcode = 'MF002',
        detail = 'It was never made, or is older than retention_rules keeps it.',
        hint = format('select id, check_time, check_type, status from fleet.health_checks where project = %L', p_project);
  end if;
  if v_at < v_check.check_time then
    raise exception 'a check cannot be answered before it was made'
      using errcode = 'MF003',
        detail = format('It was made at %s; p_at is %s.', v_check.check_time, v_at),
        hint = 'Leave p_at out to mean now.';
  end if;
  if v_check.ps_response <> v_response then
    raise exception 'check % of project % is already answered', p_check_id, quote_literal(p_project)
      using errcode = 'MF006',
        detail = format('The answer was %s.', quote_literal(left(v_check.ps_response, 200))),
        hint = 'An answer is final; record another check.';
  end if;

  if v_check.ps_response is not null then
    return p_check_id;
  end if;
  if v_check.is_waiting then
    update fleet.health_checks_overflow as o
    set ps_response = v_response
    where o.project = p_project and o.check_time = v_check.check_time and o.id = p_check_id;
  else
    update fleet.health_checks as h
    set ps_response = v_response
    where h.project = p_project and h.check_time = v_check.check_time and h.id = p_check_id;
  end if;
  return p_check_id;
end
$$;

revoke all on function fleet.record_check_response(text, bigint, text, timestamptz) from public;
grant execute on function fleet.record_check_response(text, bigint, text, timestamptz) to fleet_writer;

comment on function fleet.record_check_response(text, bigint, text, timestamptz) is
  'Record what the project supervisor answered to a health check.

p_project: the project of the check, or *. p_check_id: the id that record_health_check returned. p_response: the answer in
words; beyond 10,000 characters it is cut. p_at: when it was given, not before the check.
Returns the id of the check.
Errors: MF001 unknown project; MF002 unknown check; MF003 a bad value; MF006 the check has another answer already.
Example: select fleet.record_check_response(''consilio'', 4711, ''handoff is being written'');';
