begin;

\ir ../support/helpers.psql

select plan(18);

-- contract
select has_schema('fleet', 'the schema for whoever uses the toolkit is there');
select has_schema('fleet_internal', 'and the one for what the functions share');
select schema_owner_is('fleet', 'fleet_owner', 'fleet belongs to fleet_owner');
select schema_owner_is('fleet_internal', 'fleet_owner', 'fleet_internal too');
select is_empty(
  $$select from pg_class where relnamespace = 'fleet_internal'::regnamespace$$, 'there is no table in fleet_internal');

-- privileges
select ok(not has_schema_privilege(role, schema, 'create'), role || ' may make nothing in ' || schema)
from unnest(array['fleet_writer', 'fleet_reader', 'fleet_auditor']) as r (role) cross join unnest(array['fleet',
  'fleet_internal']) as s (schema);
select ok(has_schema_privilege(role, schema, 'usage'), role || ' may use ' || schema)
from unnest(array['fleet_writer', 'fleet_reader', 'fleet_auditor']) as r (role) cross join unnest(array['fleet',
  'fleet_internal']) as s (schema);
select is_empty(
  $$select from pg_namespace as n cross join lateral aclexplode(n.nspacl) as a
    where n.nspname in ('fleet', 'fleet_internal') and a.grantee = 0$$, 'the public has no way in');

select * from finish();

rollback;
