-- Rules about names.

create view conventions.table_names as
select full_name as offender
from conventions_facts.relations
where name !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
  or (
    not is_view
    and name !~ '(s|_history)$'
    and name not in (select s.name from conventions_facts.source_names as s where s.kind = 'table')
  );
comment on view conventions.table_names is 'Relations are snake_case; tables are plural, or named by a source.';

create view conventions.column_names as
select full_name as offender
from conventions_facts.columns
where name !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$';
comment on view conventions.column_names is 'Columns are snake_case.';

create view conventions.instant_names as
select c.full_name as offender
from conventions_facts.columns as c
where c.type = 'pg_catalog.timestamptz'::regtype
  and c.name !~ '_at$'
  and c.name not in (select s.name from conventions_facts.source_names as s where s.kind = 'instant')
union all
select c.full_name
from conventions_facts.columns as c
where c.type = 'pg_catalog.date'::regtype
  and c.name !~ '_on$'
  and c.name not in (select s.name from conventions_facts.source_names as s where s.kind = 'date');
comment on view conventions.instant_names is 'Instants end in _at and dates in _on, unless a source names them.';

create view conventions.constraint_names as
select format('%s: %s', t.full_name, c.conname) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_constraint as c on c.conrelid = t.oid
where c.contype in ('p', 'u', 'f', 'c', 'x')
  and c.conname not like case
    when c.contype = 'f' then t.name || '_%_fkey'
    when c.contype = 'c' then t.name || '_%_check'
    when c.contype = 'x' then t.name || '_%_excl'
    when c.contype = 'u' then t.name || '_%_key'
    else t.name || '_pkey'
  end
  -- a source's index may be the primary key or the unique constraint
  and (c.contype not in ('p', 'u') or c.conname not like 'idx\_' || t.name || '\_%');
comment on view conventions.constraint_names is
  'Constraints are named <table>_pkey, _<columns>_key, _<columns>_fkey, _<rule>_check, or as a source names its index.';

create view conventions.index_names as
select format('%s: %s', t.full_name, i.relname) as offender
from conventions_facts.tables as t
inner join pg_catalog.pg_index as x on x.indrelid = t.oid
inner join pg_catalog.pg_class as i on i.oid = x.indexrelid
where i.relname not like t.name || '_%_idx'
  and i.relname not like 'idx\_' || t.name || '\_%'
  and not exists (select from pg_catalog.pg_constraint as c where c.conindid = x.indexrelid and c.contype in ('p', 'u', 'x'));
comment on view conventions.index_names is 'Indexes are named <table>_<columns>_idx, or idx_<table>_... as a source names them.';

create view conventions.function_verbs as
select full_name as offender
from conventions_facts.functions
where schema = 'fleet'
  and not is_trigger
  and (kind = 'other' or name !~ '^[a-z]+(_[a-z0-9]+)+$');
comment on view conventions.function_verbs is 'A function of schema fleet is named verb_noun, with a verb of the closed list.';

create view conventions.trigger_function_names as
select full_name as offender
from conventions_facts.functions
where is_trigger
  and name !~ '^tg_[a-z0-9_]+__[a-z0-9_]+$'
  and name not in (select s.name from conventions_facts.source_names as s where s.kind = 'function');
comment on view conventions.trigger_function_names is 'Trigger functions are named tg_<table>__<task>, or as a source names them.';

create view conventions.argument_names as
select format('%s: %s', function_name, coalesce(name, position::text)) as offender
from conventions_facts.arguments
where name is null
  or name !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'
  or (name like 'p\_%') <> (mode in ('i', 'b', 'v'));
comment on view conventions.argument_names is 'Arguments are named p_<name>, returned columns <name>, all in snake_case.';

create view conventions.batch_names as
select f.full_name as offender
from conventions_facts.functions as f
inner join conventions_facts.arguments as a on a.function = f.oid and a.position = 1
inner join pg_catalog.pg_type as t on t.oid = a.type
where f.schema = 'fleet'
  and f.kind = 'writer'
  and t.typcategory = 'A'
  and not exists (
    select from conventions_facts.functions as s
    where s.schema = 'fleet' and s.oid <> f.oid and f.name in (s.name || 's', regexp_replace(s.name, 'y$', 'ies'))
  );
comment on view conventions.batch_names is 'A function that takes an array of keys is the plural of one that takes one key.';

create view conventions.overloads as
select format('%s.%s', schema, name) as offender
from conventions_facts.functions
group by schema, name
having count(*) > 1;
comment on view conventions.overloads is 'No two functions of a schema share a name.';
