-- Rules about how functions are made.

create view conventions.reader_volatility as
select full_name as offender
from conventions_facts.functions
where schema = 'fleet'
  and kind = 'reader'
  and volatility = 'v';
comment on view conventions.reader_volatility is 'get_, list_ and verify_ functions are stable or immutable.';

create view conventions.parallel_stated as
select full_name as offender
from conventions_facts.functions
where volatility <> 'v'
  and parallel = 'u';
comment on view conventions.parallel_stated is 'A function that only reads states whether it may run in parallel.';

create view conventions.sql_bodies as
select full_name as offender
from conventions_facts.functions
where language = 'sql'
  and not has_sql_body;
comment on view conventions.sql_bodies is
  'A function in SQL has a begin atomic body: no search_path hole, and what it uses cannot be dropped under it.';

create view conventions.writer_language as
select full_name as offender
from conventions_facts.functions
where language = 'sql'
  and volatility = 'v'
  and not is_procedure;
comment on view conventions.writer_language is 'What writes is plpgsql, which caches its plans.';

create view conventions.returned_tables as
select f.full_name as offender
from conventions_facts.functions as f
inner join pg_catalog.pg_type as t on t.oid = f.return_type
inner join pg_catalog.pg_class as c on c.oid = t.typrelid
where c.relkind in ('r', 'p', 'v', 'm', 'f');
comment on view conventions.returned_tables is 'No function returns the row type of a table or view: columns are named.';

create view conventions.at_arguments as
select a.function_name as offender
from conventions_facts.arguments as a
where a.schema = 'fleet'
  and a.name = 'p_at'
  and (
    a.position <> a.input_count
    or a.type <> 'pg_catalog.timestamptz'::regtype
    or pg_catalog.pg_get_function_arg_default(a.function, a.number::integer) is distinct from 'now()'
  );
comment on view conventions.at_arguments is 'p_at stands last in the signature: timestamptz default now().';

create view conventions.routing_key_first as
select f.full_name as offender
from conventions_facts.functions as f
left join conventions_facts.arguments as a on a.function = f.oid and a.position = 1
where f.schema = 'fleet'
  and f.kind = 'writer'
  and not f.is_trigger
  and not exists (
    select from conventions_facts.routing_keys as k
    where a.name in ('p_' || k.name, 'p_' || k.name || 's')
  );
comment on view conventions.routing_key_first is 'The first argument of a writer is its routing key.';

create view conventions.reader_clock as
select full_name as offender
from conventions_facts.functions
where volatility <> 'v'
  and body ~* '\m(((now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\()|((current|local)_?(timestamp|time|date)\M))';
comment on view conventions.reader_clock is 'Readers take p_at as given and never read the clock.';

create view conventions.raised_errors as
select f.full_name as offender
from conventions_facts.functions as f
cross join lateral regexp_matches(
  -- without literals and comments, so that a semicolon ends a statement
  regexp_replace(regexp_replace(f.body, '''[^'']*''', '''''', 'g'), '--[^\n]*', '', 'g'),
  'raise\s+(?:exception\M|'')[^;]*;', 'gi'
) as r (statement)
where r.statement[1] !~* 'errcode' or r.statement[1] !~* 'detail' or r.statement[1] !~* 'hint'
group by f.full_name;
comment on view conventions.raised_errors is 'What is raised carries an errcode, a detail and a hint.';

create view conventions.error_classes as
select distinct f.full_name as offender
from conventions_facts.functions as f
cross join lateral regexp_matches(f.body, 'errcode\s*=\s*''([^'']*)''', 'gi') as e (code)
where e.code[1] !~ '^MF\d{3}$';
comment on view conventions.error_classes is 'Errors of our own are of the class MF.';
