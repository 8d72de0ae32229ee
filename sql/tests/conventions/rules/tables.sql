-- Rules about tables: types, keys, checks, partitions, indexes.

create view conventions.column_types as
select format('%s: %s', c.full_name, pg_catalog.format_type(c.type, c.modifier)) as offender
from conventions_facts.columns as c
inner join pg_catalog.pg_type as t on t.oid = c.type
where (
    t.typname in ('timestamp', 'timetz', 'varchar', 'bpchar', 'float4', 'float8', 'money', 'json', 'int2', 'name', 'char')
    or t.typtype = 'e'
  )
  -- an aggregate of a view may be a float
  and not (c.is_view and t.typname = 'float8');
comment on view conventions.column_types is
  'No timestamp without zone, varchar, char, float, money, json, smallint or enum.';

create view conventions.argument_types as
select format('%s: %s', a.function_name, coalesce(a.name, a.position::text)) as offender
from conventions_facts.arguments as a
inner join pg_catalog.pg_type as t on t.oid = a.type
where t.typname in ('timestamp', 'timetz', 'varchar', 'bpchar', 'float4', 'money', 'json', 'int2', 'name', 'char')
  or t.typtype = 'e';
comment on view conventions.argument_types is 'Arguments and returned columns are of the same types as columns.';

create view conventions.identities as
select c.full_name as offender
from conventions_facts.columns as c
where (c.identity <> '' and c.type <> 'pg_catalog.int8'::regtype)
  or exists (
    select from pg_catalog.pg_attrdef as d
    where d.adrelid = c.relation and d.adnum = c.number
      and pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%'
  );
comment on view conventions.identities is 'Numbered rows use a bigint identity, never serial.';

create view conventions.primary_keys as
select t.full_name as offender
from conventions_facts.tables as t
where not exists (select from pg_catalog.pg_constraint as c where c.conrelid = t.oid and c.contype = 'p');
comment on view conventions.primary_keys is 'Each table has a primary key.';

create view conventions.routing_key_leads as
select t.full_name as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_constraint as c on c.conrelid = t.oid and c.contype = 'p'
inner join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = c.conkey[1]
where a.attname not in (select k.name from conventions_facts.routing_keys as k)
  and t.name not in (select r.name from conventions_facts.reference_tables as r);
comment on view conventions.routing_key_leads is 'The routing key leads the primary key, save in reference tables.';

create view conventions.foreign_key_actions as
select format('%s: %s', t.full_name, c.conname) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_constraint as c on c.conrelid = t.oid and c.contype = 'f'
where c.confdeltype = 'a'
  or c.confupdtype = 'a';
comment on view conventions.foreign_key_actions is 'A foreign key states what happens on update and on delete.';

create view conventions.foreign_keys_within_key as
select format('%s: %s', t.full_name, c.conname) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_constraint as c on c.conrelid = t.oid and c.contype = 'f'
inner join pg_catalog.pg_class as target on target.oid = c.confrelid
where target.relname not in (select r.name from conventions_facts.reference_tables as r)
  -- both sides hold the routing key, and it is compared with itself
  and not exists (
    select
    from unnest(c.conkey, c.confkey) as k (here, there)
    inner join pg_catalog.pg_attribute as h on h.attrelid = c.conrelid and h.attnum = k.here
    inner join pg_catalog.pg_attribute as f on f.attrelid = c.confrelid and f.attnum = k.there
    inner join conventions_facts.routing_keys as r on r.name = f.attname and r.name = h.attname
  );
comment on view conventions.foreign_keys_within_key is 'No foreign key crosses routing keys; reference tables are exempt.';

-- Columns of tables that some check constraint (its own, or its domain's) speaks of, with what the checks say.
create view conventions_facts.checked_columns as
select c.*, x.checks
from conventions_facts.columns as c
left join lateral (
  select string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' and ') as checks
  from pg_catalog.pg_constraint as k
  where k.contype = 'c'
    and ((k.conrelid = c.relation and c.number = any (k.conkey)) or k.contypid = c.type)
) as x on true
where not c.is_view
  and c.relation_name not in (select a.name from conventions_facts.archives as a);

-- A foreign key bounds a value as well as a check does.
create view conventions_facts.referring_columns as
select k.conrelid as relation, n.number
from pg_catalog.pg_constraint as k
cross join lateral unnest(k.conkey) as n (number)
where k.contype = 'f';

create view conventions.status_checks as
select full_name as offender
from conventions_facts.checked_columns as c
where c.name ~ '(^|_)(status|state)$'
  and c.type = 'pg_catalog.text'::regtype
  and coalesce(c.checks, '') !~ ('\m' || c.name || '\M\)? = ANY')
  and not exists (select from conventions_facts.referring_columns as r where r.relation = c.relation and r.number = c.number);
comment on view conventions.status_checks is 'A status is text with a check that lists its values, or refers to a table.';

create view conventions.bounded_texts as
select full_name as offender
from conventions_facts.checked_columns as c
where c.type in ('pg_catalog.text'::regtype, 'pg_catalog.text[]'::regtype)
  and c.checks is null
  and c.relation_name not in (select r.name from conventions_facts.reference_tables as r)
  and not exists (select from conventions_facts.referring_columns as r where r.relation = c.relation and r.number = c.number);
comment on view conventions.bounded_texts is 'The length of each text is bounded by a check or a reference.';

create view conventions.finite_instants as
select full_name as offender
from conventions_facts.checked_columns as c
where c.type = 'pg_catalog.timestamptz'::regtype
  and coalesce(c.checks, '') !~* 'isfinite|infinity'
  -- kept by functions from the server's own clock
  and c.name not in ('created_at', 'updated_at', 'recorded_at', 'archived_at');
comment on view conventions.finite_instants is 'Each instant that a caller may give is finite by a check.';

create view conventions.numeric_ranges as
select full_name as offender
from conventions_facts.checked_columns as c
where c.type = 'pg_catalog.numeric'::regtype
  and c.checks is null;
comment on view conventions.numeric_ranges is 'Each numeric has a range by a check.';

create view conventions.json_objects as
select full_name as offender
from conventions_facts.checked_columns as c
where c.type = 'pg_catalog.jsonb'::regtype
  and coalesce(c.checks, '') !~* 'jsonb_typeof';
comment on view conventions.json_objects is 'Each jsonb has a check of what it is.';

create view conventions.overflow_tables as
select t.full_name as offender
from conventions_facts.tables as t
where t.kind = 'p'
  and not exists (
    select from pg_catalog.pg_class as o
    inner join conventions_facts.schemas as s on s.oid = o.relnamespace
    where format('%s.%s', s.name, o.relname) = t.full_name || '_overflow'
      and (
        select array_agg(format('%s %s %s', a.attname, a.atttypid, a.attnotnull) order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
      ) = (
        select array_agg(format('%s %s %s', a.attname, a.atttypid, a.attnotnull) order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      )
  );
comment on view conventions.overflow_tables is 'Each partitioned table has an overflow table with the same columns.';

create view conventions.partition_policies as
select t.full_name as offender
from conventions_facts.tables as t
where t.kind = 'p'
  and not (
    exists (select from fleet.partition_policies as p where p.table_name = t.name)
    and exists (select from fleet.retention_rules as r where r.table_name = t.name)
  );
comment on view conventions.partition_policies is 'Each partitioned table has a row in partition_policies and in retention_rules.';

create view conventions.partition_shapes as
select format('%s.%s', n.nspname, c.relname) as offender
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
inner join conventions_facts.schemas as s on s.oid = n.oid
where c.relispartition
  and c.relkind in ('r', 'p')
  and (c.relkind = 'p' or pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT');
comment on view conventions.partition_shapes is 'No default partition, and one level of partitions.';

create view conventions.hot_indexes as
select format('%s: %s', t.full_name, i.relname) as offender
from conventions_facts.tables as t
inner join conventions_facts.hot_columns as h on h.table_name = t.name
inner join pg_catalog.pg_index as x on x.indrelid = t.oid
inner join pg_catalog.pg_class as i on i.oid = x.indexrelid
where pg_catalog.pg_get_indexdef(x.indexrelid) ~ ('\m' || h.column_name || '\M');
comment on view conventions.hot_indexes is 'No index, and no condition of one, holds a column that every heartbeat or touch changes.';

create view conventions.duplicate_indexes as
select format('%s: %s', t.full_name, string_agg(x.indexrelid::regclass::text, ', ' order by x.indexrelid)) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_index as x on x.indrelid = t.oid
group by t.full_name, x.indkey::text, x.indclass::text, x.indoption::text,
  pg_catalog.pg_get_expr(x.indpred, x.indrelid), pg_catalog.pg_get_expr(x.indexprs, x.indrelid)
having count(*) > 1;
comment on view conventions.duplicate_indexes is 'No two indexes are the same.';

create view conventions.update_triggers as
select format('%s: %s', t.full_name, g.tgname) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_trigger as g on g.tgrelid = t.oid
where not g.tgisinternal
  and g.tgtype & 1 = 1
  and g.tgtype & 16 = 16
  and g.tgqual is null;
comment on view conventions.update_triggers is 'A row trigger on update has a WHEN clause that keeps it out of the way.';
