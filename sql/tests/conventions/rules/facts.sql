-- What the rules are about: our own objects without their copies, and the closed lists. A new verb, routing key or
-- name taken from a source is one line here, and stands in CONTRIBUTING.md.

create view conventions_facts.schemas as
select n.oid, n.nspname as name
from pg_catalog.pg_namespace as n
where n.nspname in ('fleet', 'fleet_internal');

-- Tables and views. A partition and an overflow table carry what their parent carries, so rules leave them out.
create view conventions_facts.relations as
select
  c.oid,
  c.relname as name,
  s.name || '.' || c.relname as full_name,
  s.name as schema,
  c.relkind as kind,
  c.relkind in ('v', 'm') as is_view,
  c.relowner as owner
from pg_catalog.pg_class as c
inner join conventions_facts.schemas as s on s.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition
  and c.relname not like '%\_overflow';

create view conventions_facts.tables as
select oid, name, full_name, kind
from conventions_facts.relations
where not is_view;

create view conventions_facts.columns as
select
  r.oid as relation,
  r.name as relation_name,
  r.is_view,
  a.attnum as number,
  a.attname as name,
  r.full_name || '.' || a.attname as full_name,
  a.atttypid as type,
  a.atttypmod as modifier,
  a.attidentity as identity
from conventions_facts.relations as r
inner join pg_catalog.pg_attribute as a on a.attrelid = r.oid
where a.attnum > 0
  and not a.attisdropped;

-- The verbs a function's name may begin with.
create view conventions_facts.verbs as
select v.verb, k.kind
from (values
  ('reader', 'get list verify'),
  ('writer', 'abandon accept acknowledge append change claim complete end expire fail generate log mark open pause '
    'record register reject rename report request resume retire start stop touch update'),
  ('upkeep', 'archive ensure purge refresh run seal')
) as k (kind, verbs)
cross join lateral regexp_split_to_table(k.verbs, ' ') as v (verb);

-- What leads every primary key and every writing function: the one thing a call is about.
create view conventions_facts.routing_keys as
select k.name
from (values
  ('project'), ('service_name'), ('session_key'), ('session_id'), ('agent_id'), ('routing_key')
) as k (name);

-- Small tables whose rows ship with the schema, or are policy: they are the same on every machine.
create view conventions_facts.reference_tables as
select k.name
from (values
  ('check_types'), ('context_zones'), ('partition_policies'), ('retention_rules'), ('stall_rules'), ('task_sizes'), ('time_limits')
) as k (name);

-- Names that a source gives and our patterns would refuse.
create view conventions_facts.source_names as
select k.kind, n.name
from (values
  ('table', 'session_lifecycle notion_sync'),
  ('instant', 'last_activity last_context_check spawn_time last_output_change check_time last_check_time '
    'latest_spawn_time last_heartbeat heartbeat_timestamp time_bucket last_run timestamp'),
  ('function', 'update_updated_at_column log_session_lifecycle update_sessions_last_activity update_sessions_updated_at'),
  ('date', 'check_date week_start week_end')
) as k (kind, names)
cross join lateral regexp_split_to_table(k.names, ' ') as n (name);

-- Rows of these were checked when they stood in the table they were moved from.
create view conventions_facts.archives as
select k.name from (values ('session_history'), ('spawn_history')) as k (name);

-- Columns that every heartbeat, touch or output changes: an index on one of them ends HOT updates.
create view conventions_facts.hot_columns as
select k.table_name, k.column_name
from (values
  ('ps_sessions', 'last_activity'), ('ps_sessions', 'context_usage'), ('ps_sessions', 'updated_at'),
  ('active_spawns', 'last_output_change'), ('active_spawns', 'last_checked_at'), ('active_spawns', 'updated_at'),
  ('system_status', 'last_heartbeat'), ('system_status', 'updated_at'),
  ('sessions', 'last_activity_at'), ('sessions', 'updated_at')
) as k (table_name, column_name);

-- Functions and procedures of our own; what an extension brought is not ours.
create view conventions_facts.functions as
select
  p.oid,
  p.proname as name,
  s.name as schema,
  s.name || '.' || p.proname as full_name,
  coalesce(v.kind, 'other') as kind,
  p.prorettype = 'pg_catalog.trigger'::regtype as is_trigger,
  p.prokind = 'p' as is_procedure,
  l.lanname as language,
  p.provolatile as volatility,
  p.proparallel as parallel,
  p.prosecdef as is_definer,
  p.proconfig as settings,
  p.proowner as owner,
  p.prosqlbody is not null as has_sql_body,
  coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) as body,
  p.pronargs as input_count,
  p.pronargdefaults as default_count,
  p.proargnames as argument_names,
  p.proargmodes as argument_modes,
  p.proargtypes as input_types,
  p.proallargtypes as argument_types,
  p.prorettype as return_type,
  p.proretset as returns_set
from pg_catalog.pg_proc as p
inner join conventions_facts.schemas as s on s.oid = p.pronamespace
inner join pg_catalog.pg_language as l on l.oid = p.prolang
left join conventions_facts.verbs as v on v.verb = split_part(p.proname, '_', 1)
where not exists (
  select from pg_catalog.pg_depend as d
  where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
);

-- One row an argument, inputs and outputs; number counts all, position the inputs only (null for an output).
create view conventions_facts.arguments as
select
  f.oid as function,
  f.full_name as function_name,
  f.schema,
  f.kind,
  f.is_trigger,
  a.number,
  case when a.mode in ('i', 'b', 'v') then
    count(*) filter (where a.mode in ('i', 'b', 'v')) over (partition by f.oid order by a.number)
  end as position,
  f.argument_names[a.number] as name,
  a.mode,
  a.type,
  f.input_count
from conventions_facts.functions as f
cross join lateral (
  select t.number, t.type, coalesce(f.argument_modes[t.number], 'i') as mode
  from unnest(coalesce(f.argument_types, f.input_types::oid[])) with ordinality as t (type, number)
) as a;
