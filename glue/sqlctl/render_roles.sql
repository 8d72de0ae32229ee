-- Without the right to make roles, this says what somebody else must run first, and stops.
do $sqlctl$
declare
  v_missing  text;
begin
  select string_agg(format('create role %I nologin;', r.name), ' ' order by r.name) into v_missing
  from unnest(array['fleet_owner', 'fleet_writer', 'fleet_reader', 'fleet_auditor']) as r (name)
  where not exists (select from pg_catalog.pg_roles as p where p.rolname = r.name);
  if v_missing is not null and not (
    select p.rolsuper or p.rolcreaterole from pg_catalog.pg_roles as p where p.rolname = current_user
  ) then
    raise exception '% may not make the roles of fleet', current_user
      using errcode = 'insufficient_privilege',
        hint = 'Let a superuser run: ' || v_missing || format(' grant fleet_reader to fleet_auditor; grant fleet_owner to %I;', current_user);
  end if;
end
$sqlctl$;
