begin;

\ir support/helpers.psql

select plan(43);

-- what somebody else made or took is put right when the file is run again
create temporary table before as
select c.oid::regclass::text as object, c.relowner as owner, c.relacl::text as acl from pg_class as c
where c.relnamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace) and c.relkind in ('r', 'p', 'v', 'S')
union all
select p.oid::regprocedure::text, p.proowner, p.proacl::text from pg_proc as p
where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace)
union all
select n.nspname, n.nspowner, n.nspacl::text from pg_namespace as n where n.nspname in ('fleet', 'fleet_internal');

-- contract
select is_empty(
  $$select object from before where owner <> 'fleet_owner'::regrole$$,
  'everything belongs to fleet_owner: schemas, tables, sequences, views, functions');
select is_empty(
  $$select c.oid::regclass from pg_class as c
    where c.relnamespace = 'fleet'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and not has_table_privilege('fleet_reader', c.oid, 'select')$$, 'a reader may select from every table and view');
select is_empty(
  $$select c.oid::regclass from pg_class as c
    where c.relnamespace = 'fleet'::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege('fleet_reader', c.oid, 'insert, update, delete, truncate, references, trigger')$$, 'and no more than that');
select is_empty(
  $$select c.oid::regclass from pg_class as c
    where c.relnamespace = 'fleet'::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege('fleet_writer', c.oid, 'select, insert, update, delete, truncate, references, trigger')$$,
  'a writer has no privilege on any table, partitions included');
select is_empty(
  $$select c.oid::regclass from pg_class as c cross join unnest(array['fleet_writer', 'fleet_reader', 'fleet_auditor']) as r (role)
    where c.relnamespace = 'fleet'::regnamespace and c.relkind = 'S' and has_sequence_privilege(r.role, c.oid, 'usage, select, update')$$,
  'nobody else turns the sequences');
select is_empty(
  $$select c.oid::regclass, a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'fleet'::regnamespace and a.attacl is not null$$, 'there are no privileges on single columns');
select is_empty(
  $$select p.oid::regprocedure from pg_proc as p
    where p.pronamespace in ('fleet'::regnamespace,
    'fleet_internal'::regnamespace) and 'public' = any (pg_temp.callers(p.oid::regprocedure::text))$$,
  'the public may call nothing');
select is_empty(
  $$select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'fleet'::regnamespace and p.provolatile <> 'v' and has_function_privilege('fleet_writer', p.oid, 'execute')$$,
  'a writer may call no reader');
select is_empty(
  $$select p.oid::regprocedure from pg_proc as p
    where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace) and p.provolatile = 'v'
      and has_function_privilege('fleet_reader', p.oid, 'execute')$$,
  'a reader may call nothing that writes');
select is_empty(
  $$select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'fleet'::regnamespace and has_function_privilege('fleet_writer', p.oid, 'execute')
      and not (p.prosecdef and exists (
        select from unnest(p.proconfig) as c (setting) where c.setting = 'search_path=pg_catalog, pg_temp'))$$,
  'what a writer may call runs with its owner''s rights and a pinned search_path');
select is_empty(
  $$select p.oid::regprocedure from pg_proc as p where p.pronamespace = 'fleet_internal'::regnamespace and p.prosecdef$$,
  'no helper raises its caller''s rights');

-- behaviour: as the roles themselves
set local role fleet_writer;
select throws_ok('select * from fleet.' || name, '42501', null, 'a writer cannot read ' || name)
from unnest(array['ps_sessions', 'active_spawns', 'health_checks', 'spawn_history', 'spawns', 'stall_rules', 'check_types']) as u (name);
select throws_ok($$insert into fleet.active_spawns (project, task_id) values ('p', 't')$$, '42501', null, 'nor insert');
select throws_ok($$update fleet.stall_rules set stalled_after = '1 second'$$, '42501', null, 'nor update');
select throws_ok($$delete from fleet.health_checks$$, '42501', null, 'nor delete');
select throws_ok($$truncate fleet.health_checks$$, '42501', null, 'nor truncate');
select throws_ok($$create table fleet.x (a integer)$$, '42501', null, 'nor make tables');
select throws_ok($$drop function fleet.run_checks(timestamptz)$$, '42501', null, 'nor drop functions');
select throws_ok(
  $$select fleet_internal.create_partition('health_checks', 'day', '2999-01-01')$$, '42501', null, 'nor call the helpers of the functions');
select throws_ok($$select nextval('fleet.active_spawns_id_seq')$$, '42501', null, 'nor use up numbers');
select lives_ok($$select fleet.register_spawn('p', 't', p_at => '2001-02-03 04:00+00')$$, 'it may call the functions that write');
reset role;
set local role fleet_reader;
select lives_ok('select * from fleet.' || name, 'a reader can read ' || name)
from unnest(array['ps_sessions', 'active_spawns', 'health_checks', 'spawn_history', 'spawns', 'stall_rules', 'check_types']) as u (name);
select throws_ok($$insert into fleet.active_spawns (project, task_id) values ('p', 't')$$, '42501', null, 'but not insert');
select throws_ok($$select fleet.register_spawn('p', 't')$$, '42501', null, 'nor call a function that writes');
select throws_ok($$select * from fleet.run_checks()$$, '42501', null, 'nor run the checks, which mark and record');
reset role;
set local role fleet_auditor;
select lives_ok('select * from fleet.active_spawns', 'an auditor reads like a reader');
select throws_ok($$select fleet.register_spawn('p', 't')$$, '42501', null, 'and writes as little');
reset role;

-- edges: run again
\ir ../privileges.sql
select set_eq(
  $$select c.oid::regclass::text, c.relowner, c.relacl::text from pg_class as c
    where c.relnamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace) and c.relkind in ('r', 'p', 'v', 'S')
    union all
    select p.oid::regprocedure::text, p.proowner, p.proacl::text from pg_proc as p
    where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace)
    union all
    select n.nspname, n.nspowner, n.nspacl::text from pg_namespace as n where n.nspname in ('fleet', 'fleet_internal')$$,
  'select object, owner, acl from before', 'the file can be run again and changes nothing');
create table fleet.stray (id bigint generated always as identity, n bigserial);
create function fleet.get_stray() returns integer language sql stable return 1;
\ir ../privileges.sql
select table_owner_is('fleet', 'stray', 'fleet_owner', 'a table that another owner made comes into the hands of fleet_owner');
select function_owner_is('fleet', 'get_stray', '{}'::text[], 'fleet_owner', 'a function too');
select is(
  (select array_agg(distinct c.relowner::regrole::text) from pg_class as c where c.relname in ('stray_id_seq', 'stray_n_seq')),
  array['fleet_owner'], 'its sequences follow their table');

select * from finish();

rollback;
