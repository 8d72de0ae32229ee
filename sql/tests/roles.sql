begin;

\ir support/helpers.psql

select plan(25);

-- contract
select has_role(r, r || ' is there')
from unnest(array['fleet_owner', 'fleet_writer', 'fleet_reader', 'fleet_auditor']) as u (r);
select ok(
  (select not (p.rolcanlogin or p.rolsuper or p.rolcreaterole or p.rolcreatedb or p.rolreplication or p.rolbypassrls)
  from pg_roles as p where p.rolname = r), r || ' cannot log in and has no power over the cluster')
from unnest(array['fleet_owner', 'fleet_writer', 'fleet_reader', 'fleet_auditor']) as u (r);
select isnt(
  (select shobj_description(p.oid, 'pg_authid') from pg_roles as p where p.rolname = r), null, r || ' says what it is for')
from unnest(array['fleet_owner', 'fleet_writer', 'fleet_reader', 'fleet_auditor']) as u (r);

-- behaviour
select ok(pg_has_role('fleet_auditor', 'fleet_reader', 'usage'), 'an auditor reads like a reader');
select ok(not pg_has_role(a, b, 'member'), format('%s is not a member of %s', a, b))
from unnest(array['fleet_writer', 'fleet_reader', 'fleet_auditor']) as u (a) cross join unnest(array['fleet_owner',
  'fleet_writer']) as v (b)
where a <> b;
select ok(not pg_has_role('fleet_writer', 'fleet_reader', 'member'), 'a writer does not read');
select ok(not pg_has_role('fleet_owner', b, 'member'), 'fleet_owner is not a member of ' || b)
from unnest(array['fleet_writer', 'fleet_reader', 'fleet_auditor']) as v (b);
select ok(pg_has_role(current_user, 'fleet_owner', 'usage'), 'whoever installs can act as fleet_owner');

-- edges
select lives_ok($$set local role fleet_owner$$, 'and set its role');
reset role;
create temporary table before as select oid, rolname::text, rolcanlogin from pg_roles where rolname ~ '^fleet_';
\ir ../roles.sql
select set_eq(
  $$select oid, rolname::text, rolcanlogin from pg_roles where rolname ~ '^fleet_'$$, 'select oid, rolname, rolcanlogin from before',
  'the file can be run again: no role is made twice');

select * from finish();

rollback;
