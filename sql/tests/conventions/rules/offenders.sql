-- The rules, and all offenders against all of them.

create view conventions_facts.rules as
select c.relname as rule, pg_catalog.obj_description(c.oid, 'pg_class') as sentence
from pg_catalog.pg_class as c
where c.relnamespace = 'conventions'::regnamespace
  and c.relkind = 'v';

create function conventions_facts.list_offenders()
returns table (rule name, offender text)
language plpgsql
as $$
begin
  for rule in select r.rule from conventions_facts.rules as r order by r.rule loop
    return query execute format('select %L::name, o.offender::text from conventions.%I as o', rule, rule);
  end loop;
end
$$;

-- What offends after the planted statements and did not before, as 'rule > offender'. Planted as fleet_owner, so that
-- what is planted belongs to whom it should; rolled back before this returns.
create function conventions_facts.catch(p_plant text, p_before text[])
returns text[]
language plpgsql
as $$
declare
  v_caught text[];
begin
  begin
    set local role fleet_owner;
    execute p_plant;
    reset role;
    v_caught := array(
      select format('%s > %s', o.rule, o.offender)
      from conventions_facts.list_offenders() as o
      order by 1
    );
    raise exception 'undo' using errcode = 'P0UND';
  exception
    when sqlstate 'P0UND' then
      return array(select c.caught from unnest(v_caught) as c (caught) where c.caught <> all (p_before));
  end;
end
$$;
