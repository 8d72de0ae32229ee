-- The cluster's four roles. Idempotent; two runs at once may race on the same role, the loser goes on.
-- None of them can log in: a login is granted one of them (grant fleet_writer to my_app).
-- Whoever runs this must afterwards be able to act as fleet_owner. From version 16 on, creating a role gives ADMIN on
-- it but neither SET nor INHERIT, so both are granted here; a superuser needs no grant.

do $$
declare
  v_role record;
begin
  for v_role in
    select r.name, r.purpose
    from (values
      ('fleet_owner', 'Owns all objects of schema fleet. Cannot log in.'),
      ('fleet_writer', 'May call the functions of schema fleet that write. No privilege on any table.'),
      ('fleet_reader', 'May select from schema fleet and call its reading functions.'),
      ('fleet_auditor', 'Reads like fleet_reader, and may verify the sealed record of decisions.')
    ) as r (name, purpose)
    where not exists (select from pg_catalog.pg_roles p where p.rolname = r.name)
  loop
    begin
      execute format('create role %I nologin', v_role.name);
      execute format('comment on role %I is %L', v_role.name, v_role.purpose);
    exception
      when duplicate_object or unique_violation then
        null;
    end;
  end loop;

  if not pg_catalog.pg_has_role('fleet_auditor', 'fleet_reader', 'member') then
    grant fleet_reader to fleet_auditor;
  end if;

  if not pg_catalog.pg_has_role(current_user, 'fleet_owner', 'usage') then
    if current_setting('server_version_num')::integer >= 160000 then
      execute 'grant fleet_owner to current_user with inherit true, set true';
    else
      execute 'grant fleet_owner to current_user';
    end if;
  end if;
end
$$;
