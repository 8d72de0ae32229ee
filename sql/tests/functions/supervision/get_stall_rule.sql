begin;
select plan(13);

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

select has_function('fleet', 'get_stall_rule', array['text', 'text'], 'get_stall_rule takes project and task type');
select is(pg_temp.run_as('fleet_reader', 'select stalled_after = interval ''15 minutes'' from fleet.get_stall_rule(''p'', ''research'')'), 'true',
  'a reader may ask for the rule');
select is(pg_temp.run_as('fleet_reader', 'select count(*) from fleet.get_stall_rule(null, null)'), '1', 'there is one row even for nothing');

-- behaviour

select results_eq($$select * from fleet.get_stall_rule('p', 'research')$$,
  $$values (interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824::bigint, '*', '*')$$,
  'as shipped: stalled after 15 minutes, escalated after 30, five words that mean an error, 1 GiB');

insert into fleet.stall_rules (project, task_type, stalled_after, escalate_after, error_pattern, max_output_bytes) values
  ('*', 'research', '1 hour', '2 hours', 'research', 1),
  ('p', '*', '5 minutes', '10 minutes', 'project', 2),
  ('p', 'research', '6 minutes', '12 minutes', 'both', 3),
  ('q', 'review', '7 minutes', '14 minutes', 'review', 4);

select results_eq($$select error_pattern, rule_project, rule_task_type from fleet.get_stall_rule('p', 'research')$$,
  $$values ('both', 'p', 'research')$$, 'the row that names project and task type wins');
select results_eq($$select error_pattern, rule_project, rule_task_type from fleet.get_stall_rule('p', 'review')$$,
  $$values ('project', 'p', '*')$$, 'a row of the project holds for its other task types');
select is((select error_pattern from fleet.get_stall_rule('p', null)), 'project', 'and for spawns without one');
select is((select error_pattern from fleet.get_stall_rule('p')), 'project', 'which is the default');
select is((select error_pattern from fleet.get_stall_rule('q', 'research')), 'research', 'a row of a task type holds for other projects');
select is((select rule_task_type from fleet.get_stall_rule('q', 'other')), '*', 'a row of another task type does not');
delete from fleet.stall_rules where project = 'p' and task_type = 'research';
select is((select error_pattern from fleet.get_stall_rule('p', 'research')), 'project', 'a named project comes before a named task type');

-- edges

delete from fleet.stall_rules;
select results_eq($$select * from fleet.get_stall_rule('p', 'research')$$,
  $$values (interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824::bigint, null::text, null::text)$$,
  'with no row at all the built-in limits hold: a deleted row never silences a check');
select is((select count(*) from fleet.get_stall_rule('p'::varchar, 'x'::varchar)), 1::bigint, 'varchar arguments by position work');

select * from finish();
rollback;
