-- Ownership and table privileges, laid last whenever anything else was. Stone names no owner, so that any tool may apply
-- it; here everything comes into the hands of fleet_owner, which nobody can log in as. Only what differs is touched.
-- Functions and views carry their own grants in their own files.

do $$
declare
  v_object  record;
begin
  for v_object in
    select format('alter schema %I owner to fleet_owner', n.nspname) as command
    from pg_catalog.pg_namespace as n
    where n.nspname in ('fleet', 'fleet_internal') and n.nspowner <> 'fleet_owner'::regrole
    union all
    select format('alter %s %s owner to fleet_owner',
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, c.oid::regclass)
    from pg_catalog.pg_class as c
    where c.relnamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace)
      and c.relowner <> 'fleet_owner'::regrole
      and (c.relkind in ('r', 'p', 'v', 'm') or (c.relkind = 'S' and not exists (
        -- a sequence that belongs to a column follows its table
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))))
    union all
    select format('alter routine %s owner to fleet_owner', p.oid::regprocedure)
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace) and p.proowner <> 'fleet_owner'::regrole
  loop
    execute v_object.command;
  end loop;
end
$$;

grant usage on schema fleet to fleet_writer, fleet_reader;
grant usage on schema fleet_internal to fleet_writer, fleet_reader;

-- maintenance
grant select on fleet.time_limits to fleet_reader;
grant select on fleet.clock_anomalies to fleet_reader;
grant select on fleet.partition_policies to fleet_reader;
grant select on fleet.retention_rules to fleet_reader;

-- supervision
grant select on fleet.check_types to fleet_reader;
grant select on fleet.stall_rules to fleet_reader;
grant select on fleet.ps_sessions to fleet_reader;
grant select on fleet.session_history to fleet_reader;
grant select on fleet.session_history_overflow to fleet_reader;
grant select on fleet.active_spawns to fleet_reader;
grant select on fleet.spawn_history to fleet_reader;
grant select on fleet.spawn_history_overflow to fleet_reader;
grant select on fleet.spawn_usages to fleet_reader;
grant select on fleet.spawn_usages_overflow to fleet_reader;
grant select on fleet.health_checks to fleet_reader;
grant select on fleet.health_checks_overflow to fleet_reader;
grant select on fleet.health_check_counts to fleet_reader;
grant select on fleet.health_check_deltas to fleet_reader;
grant select on fleet.session_handoffs to fleet_reader;
grant select on fleet.task_sizes to fleet_reader;
grant select on fleet.context_zones to fleet_reader;
grant select on fleet.context_samples to fleet_reader;
grant select on fleet.context_samples_overflow to fleet_reader;
