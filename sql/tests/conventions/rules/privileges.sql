-- Rules about who may do what.

create view conventions.public_privileges as
select f.full_name as offender
from conventions_facts.functions as f
inner join pg_catalog.pg_proc as p on p.oid = f.oid
cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
where a.grantee = 0
union all
select distinct format('%s.%s', n.nspname, c.relname)
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral pg_catalog.aclexplode(c.relacl) as a
where n.nspname in ('fleet', 'fleet_internal', 'sqlctl')
  and a.grantee = 0
union all
select distinct n.nspname
from pg_catalog.pg_namespace as n
cross join lateral pg_catalog.aclexplode(n.nspacl) as a
where n.nspname in ('fleet', 'fleet_internal', 'sqlctl')
  and a.grantee = 0;
comment on view conventions.public_privileges is 'PUBLIC holds no privilege on a schema, a relation or a function.';

create view conventions.owners as
select format('%s.%s', s.name, c.relname) as offender
from pg_catalog.pg_class as c
inner join conventions_facts.schemas as s on s.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and pg_catalog.pg_get_userbyid(c.relowner) <> 'fleet_owner'
union all
select full_name
from conventions_facts.functions
where pg_catalog.pg_get_userbyid(owner) <> 'fleet_owner'
union all
select n.nspname
from pg_catalog.pg_namespace as n
where n.nspname in ('fleet', 'fleet_internal')
  and pg_catalog.pg_get_userbyid(n.nspowner) <> 'fleet_owner';
comment on view conventions.owners is 'fleet_owner owns both schemas and everything in them, partitions included.';

-- Every privilege on a relation that one of our roles holds, by itself or through another.
create view conventions_facts.held as
select r.role, format('%s.%s', s.name, c.relname) as full_name, p.privilege
from pg_catalog.pg_class as c
inner join conventions_facts.schemas as s on s.oid = c.relnamespace
cross join (values ('fleet_writer'), ('fleet_reader'), ('fleet_auditor')) as r (role)
cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) as p (privilege)
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and case
    when p.privilege in ('select', 'insert', 'update', 'references')
      then pg_catalog.has_any_column_privilege(r.role, c.oid, p.privilege)
    else pg_catalog.has_table_privilege(r.role, c.oid, p.privilege)
  end
union all
select r.role, format('%s.%s', s.name, c.relname), p.privilege
from pg_catalog.pg_class as c
inner join conventions_facts.schemas as s on s.oid = c.relnamespace
cross join (values ('fleet_writer'), ('fleet_reader'), ('fleet_auditor')) as r (role)
cross join (values ('usage'), ('select'), ('update')) as p (privilege)
where c.relkind = 'S'
  and pg_catalog.has_sequence_privilege(r.role, c.oid, p.privilege);

create view conventions.writer_privileges as
select distinct full_name as offender
from conventions_facts.held
where role = 'fleet_writer';
comment on view conventions.writer_privileges is 'fleet_writer holds no privilege on any table, view or sequence.';

create view conventions.reader_privileges as
select distinct full_name as offender
from conventions_facts.held
where role in ('fleet_reader', 'fleet_auditor')
  and privilege <> 'select';
comment on view conventions.reader_privileges is 'fleet_reader and fleet_auditor may select and nothing else.';

create view conventions.unreadable_relations as
select r.full_name as offender
from conventions_facts.relations as r
where r.schema = 'fleet'
  and not exists (
    select from conventions_facts.held as h
    where h.role in ('fleet_reader', 'fleet_auditor') and h.privilege = 'select' and h.full_name = r.full_name
  );
comment on view conventions.unreadable_relations is 'Each table and view of schema fleet can be read by fleet_reader or fleet_auditor.';

create view conventions.reader_execute as
select f.full_name as offender
from conventions_facts.functions as f
where f.volatility = 'v'
  and not f.is_trigger
  and pg_catalog.has_function_privilege('fleet_reader', f.oid, 'execute');
comment on view conventions.reader_execute is 'fleet_reader may call nothing that is volatile.';

create view conventions.unreachable_functions as
select f.full_name as offender
from conventions_facts.functions as f
where f.schema = 'fleet'
  and not f.is_trigger
  and not case f.kind
    when 'reader' then pg_catalog.has_function_privilege('fleet_auditor', f.oid, 'execute')
    when 'writer' then pg_catalog.has_function_privilege('fleet_writer', f.oid, 'execute')
    else true
  end;
comment on view conventions.unreachable_functions is 'Readers can be called by fleet_reader or fleet_auditor, writers by fleet_writer.';

create view conventions.definer_search_path as
select f.full_name as offender
from conventions_facts.functions as f
where f.is_definer
  and not exists (
    select from unnest(f.settings) as s (setting)
    where s.setting ~ '^search_path=(.*, )?pg_temp$' and s.setting !~ '(public|\$user)'
  );
comment on view conventions.definer_search_path is
  'A SECURITY DEFINER function pins its search_path, with pg_temp last and without public.';

create view conventions.definer_where_due as
select f.full_name as offender
from conventions_facts.functions as f
where not f.is_trigger
  and f.is_definer <> (f.schema = 'fleet' and not f.is_procedure and f.volatility = 'v');
comment on view conventions.definer_where_due is
  'What writes in schema fleet is SECURITY DEFINER; readers, procedures and helpers are not.';
