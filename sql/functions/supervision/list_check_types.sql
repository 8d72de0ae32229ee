-- The kinds of check, for `sqlctl check --list` and whoever records checks of their own.
create or replace function fleet.list_check_types()
returns table (
  check_type   text,
  domain       text,
  is_run       boolean,
  description  text
)
language sql
stable
parallel safe
security invoker
begin atomic
  select c.check_type, c.domain, c.evaluator is not null as is_run, c.description
  from fleet.check_types as c
  order by c.check_type;
end;

revoke all on function fleet.list_check_types() from public;
grant execute on function fleet.list_check_types() to fleet_reader;

comment on function fleet.list_check_types() is
  'The kinds of health check there are.

Returns check_type, domain, is_run (run_checks runs it; else it is only recorded), description.
Example: select * from fleet.list_check_types();';
