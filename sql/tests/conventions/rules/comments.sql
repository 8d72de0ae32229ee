-- Rules about COMMENT ON: documentation, API servers and reports feed on it.

create view conventions.schema_comments as
select n.nspname as offender
from pg_catalog.pg_namespace as n
where n.nspname in ('fleet', 'fleet_internal', 'sqlctl')
  and pg_catalog.obj_description(n.oid, 'pg_namespace') is null;
comment on view conventions.schema_comments is 'Each schema has a comment.';

create view conventions.role_comments as
select r.rolname as offender
from pg_catalog.pg_roles as r
where r.rolname like 'fleet\_%'
  and pg_catalog.shobj_description(r.oid, 'pg_authid') is null;
comment on view conventions.role_comments is 'Each role has a comment.';

create view conventions.relation_comments as
select format('%s.%s', n.nspname, c.relname) as offender
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('fleet', 'fleet_internal', 'sqlctl')
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition
  and pg_catalog.obj_description(c.oid, 'pg_class') is null;
comment on view conventions.relation_comments is 'Each table and each view has a comment.';

create view conventions.column_comments as
select format('%s.%s.%s', n.nspname, c.relname, a.attname) as offender
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid
where n.nspname in ('fleet', 'fleet_internal', 'sqlctl')
  and c.relkind in ('r', 'p', 'f')
  and not c.relispartition
  and c.relname not like '%\_overflow'
  and a.attnum > 0
  and not a.attisdropped
  and pg_catalog.col_description(c.oid, a.attnum) is null;
comment on view conventions.column_comments is 'Each column of a table has a comment.';

create view conventions.view_column_comments as
select c.full_name as offender
from conventions_facts.columns as c
where c.is_view
  and pg_catalog.col_description(c.relation, c.number) is null
  -- a column of the same name in what the view reads: passed through, as far as the catalog can tell
  and not exists (
    select
    from pg_catalog.pg_rewrite as r
    inner join pg_catalog.pg_depend as d
      on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> c.relation
    inner join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where r.ev_class = c.relation and a.attname = c.name
  );
comment on view conventions.view_column_comments is 'Each column that a view computes has a comment.';

create view conventions.function_comments as
select full_name as offender
from conventions_facts.functions
where coalesce(pg_catalog.obj_description(oid, 'pg_proc'), '') !~ '^[A-Z][^\n]*\.(\n|$)';
comment on view conventions.function_comments is 'Each function has a comment whose first line is a sentence.';

create view conventions.argument_comments as
select format('%s: %s', a.function_name, a.name) as offender
from conventions_facts.arguments as a
where a.schema = 'fleet'
  and a.position is not null
  and position(a.name in coalesce(pg_catalog.obj_description(a.function, 'pg_proc'), '')) = 0;
comment on view conventions.argument_comments is 'The comment of a function of schema fleet speaks of each argument.';

create view conventions.function_examples as
select full_name as offender
from conventions_facts.functions
where schema = 'fleet'
  and not is_trigger
  and position('Example: ' in coalesce(pg_catalog.obj_description(oid, 'pg_proc'), '')) = 0;
comment on view conventions.function_examples is 'The comment of a function of schema fleet shows an example.';
