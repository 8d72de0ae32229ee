-- Store a health check whose values are sound. The same record for the same instant is stored once. A row for whose day no
-- partition exists is kept whole in the overflow table.
create or replace function fleet_internal.insert_health_check(
  p_project       text,
  p_check_type    text,
  p_status        text,
  p_details       jsonb,
  p_action_taken  text,
  p_at            timestamptz
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_retry_key  uuid;
  v_id         bigint;
begin
  v_retry_key := md5(concat_ws(E'\x1f', p_check_type, p_status, p_details::text, p_action_taken))::uuid;
  p_action_taken := fleet_internal.bound_text(p_action_taken, 10000);

  begin
    insert into fleet.health_checks as h (project, check_time, check_type, status, details, action_taken, retry_key)
    values (p_project, p_at, p_check_type, p_status, p_details, p_action_taken, v_retry_key)
    on conflict (project, check_time, retry_key) do nothing
    returning h.id into v_id;
  exception
    -- "no partition of relation found for row" is a check_violation too; a real one fails in the overflow table again
    when check_violation then
      select o.id into v_id
      from fleet.health_checks_overflow as o
      where o.project = p_project and o.check_time = p_at and o.retry_key = v_retry_key;
      if not found then
        insert into fleet.health_checks_overflow as o (id, project, check_time, check_type, status, details, action_taken, retry_key)
        values (nextval('fleet.health_checks_id_seq'), p_project, p_at, p_check_type, p_status, p_details, p_action_taken, v_retry_key)
        returning o.id into v_id;
      end if;
  end;
  if v_id is null then
    select h.id into v_id
    from fleet.health_checks as h
    where h.project = p_project and h.check_time = p_at and h.retry_key = v_retry_key;
  end if;
  return v_id;
end
$$;

revoke all on function fleet_internal.insert_health_check(text, text, text, jsonb, text, timestamptz) from public;

comment on function fleet_internal.insert_health_check(text, text, text, jsonb, text, timestamptz) is
  'Store a health check, once, in its partition or in the overflow table; return its id.';
