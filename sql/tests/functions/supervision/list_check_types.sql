begin;
select plan(8);

create function pg_temp.run_as(p_role text, p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute format('set local role %I', p_role);
  execute p_sql into v_answer;
  reset role;
  return v_answer;
end
$$;

-- contract

select has_function('fleet', 'list_check_types', '{}'::name[], 'list_check_types takes nothing');
select is(pg_temp.run_as('fleet_reader', 'select count(*) from fleet.list_check_types() where is_run'), '5', 'a reader may list the kinds of check');

-- behaviour

select results_eq($$select check_type, domain, is_run from fleet.list_check_types() where check_type in ('spawn', 'context', 'handoff', 'orphaned_work', 'heartbeat', 'partitions')$$,
  $$values ('context', 'supervision', true), ('handoff', 'supervision', true), ('heartbeat', 'services', false), ('orphaned_work', 'supervision', true),
      ('partitions', 'maintenance', true), ('spawn', 'supervision', true)$$,
  'the kinds that ship are listed in order of name, with whether run_checks runs them');
select is_empty($$select check_type from fleet.list_check_types() where description is null or description = ''$$, 'each says what it looks for');

-- edges

insert into fleet.check_types (check_type, domain, evaluator, description) values ('aaa', 'mine', null, 'Recorded by me.'), ('zzz', 'mine', 'evaluate_zzz', 'Run.');
select results_eq($$select check_type, is_run from fleet.list_check_types() where domain = 'mine'$$, $$values ('aaa', false), ('zzz', true)$$,
  'a kind of check is a row: a new row is listed');
select throws_ok($$insert into fleet.check_types (check_type, domain, evaluator, description) values ('bad', 'mine', 'pg_sleep(9)', 'x')$$, '23514', null,
  'an evaluator is a plain function name');

-- errors

select throws_ok($$insert into fleet.check_types (check_type, domain, evaluator, description) values ('Spawn', 'mine', null, 'x')$$, '23514', null,
  'a check type is a plain lower-case name');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'insert into fleet.check_types values (''mine'', ''mine'', null, ''x'') returning 1')$$, '42501', null,
  'a writer cannot make a check type, nor name an evaluator');

select * from finish();
rollback;
