-- Rules about what still works, after whatever a migration did.

-- A view is run, each column of each row: a missing column or a wrong cast shows only then.
create function conventions_facts.find_broken_views()
returns setof text
language plpgsql
as $$
declare
  v_view record;
begin
  for v_view in
    select r.schema, r.name, r.full_name from conventions_facts.relations as r where r.is_view
  loop
    begin
      execute format('select count(v) from %I.%I as v', v_view.schema, v_view.name);
    exception
      when others then
        return next format('%s: %s', v_view.full_name, sqlerrm);
    end;
  end loop;
end
$$;

create view conventions.broken_views as
select f.offender from conventions_facts.find_broken_views() as f (offender);
comment on view conventions.broken_views is 'Each view still selects.';

-- The validator of a function's own language; plpgsql_check looks deeper, where it can be had (tests/).
create function conventions_facts.find_broken_functions()
returns setof text
language plpgsql
as $$
declare
  v_function record;
begin
  for v_function in
    select f.oid, f.full_name, p.proname as validator
    from conventions_facts.functions as f
    inner join pg_catalog.pg_language as l on l.lanname = f.language
    inner join pg_catalog.pg_proc as p on p.oid = l.lanvalidator
  loop
    begin
      execute format('select pg_catalog.%I(%s)', v_function.validator, v_function.oid);
    exception
      when others then
        return next format('%s: %s', v_function.full_name, sqlerrm);
    end;
  end loop;
end
$$;

create view conventions.broken_functions as
select f.offender from conventions_facts.find_broken_functions() as f (offender);
comment on view conventions.broken_functions is 'Each function still passes the validator of its language.';

create view conventions.invalid_objects as
select format('%s.%s: %s', s.name, t.relname, c.conname) as offender
from pg_catalog.pg_constraint as c
inner join pg_catalog.pg_class as t on t.oid = c.conrelid
inner join conventions_facts.schemas as s on s.oid = t.relnamespace
where not c.convalidated
union all
select format('%s.%s: %s', s.name, t.relname, i.relname)
from pg_catalog.pg_index as x
inner join pg_catalog.pg_class as t on t.oid = x.indrelid
inner join pg_catalog.pg_class as i on i.oid = x.indexrelid
inner join conventions_facts.schemas as s on s.oid = t.relnamespace
where not x.indisvalid
union all
select format('%s.%s: %s', s.name, t.relname, g.tgname)
from pg_catalog.pg_trigger as g
inner join pg_catalog.pg_class as t on t.oid = g.tgrelid
inner join conventions_facts.schemas as s on s.oid = t.relnamespace
where g.tgenabled = 'D';
comment on view conventions.invalid_objects is 'No constraint is unproven, no index invalid, no trigger disabled.';
