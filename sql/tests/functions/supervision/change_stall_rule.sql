begin;
select plan(36);

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

create function pg_temp.answer(p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute p_sql into v_answer;
  return v_answer;
exception
  when others then
    return sqlstate;
end
$$;

-- contract

select has_function('fleet', 'change_stall_rule', array['text', 'text', 'interval', 'interval', 'text', 'bigint'],
  'change_stall_rule takes project, task type, both limits, pattern and size');
select function_returns('fleet', 'change_stall_rule', 'void', 'change_stall_rule returns nothing');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.change_stall_rule(''w'', p_stalled_after => ''1 minute'')')$$,
  'a writer may change a rule');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.change_stall_rule(''w'')')$$, '42501', null, 'a reader may not');

-- behaviour

select fleet.change_stall_rule('demo', p_stalled_after => '2 seconds', p_escalate_after => '4 seconds') as done \gset
select results_eq($$select * from fleet.get_stall_rule('demo', 'any')$$,
  $$values (interval '2 seconds', interval '4 seconds', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824::bigint, 'demo', '*')$$,
  'a new rule takes what is left null from the rule that held before');
select fleet.change_stall_rule('demo', 'research', p_error_pattern => 'panic:', p_max_output_bytes => 1000) as done \gset
select results_eq($$select * from fleet.get_stall_rule('demo', 'research')$$,
  $$values (interval '2 seconds', interval '4 seconds', 'panic:', 1000::bigint, 'demo', 'research')$$,
  'a rule for project and task type starts from that of the project');
select fleet.change_stall_rule('demo', 'research', p_escalate_after => '1 minute') as done \gset
select results_eq($$select * from fleet.get_stall_rule('demo', 'research')$$,
  $$values (interval '2 seconds', interval '1 minute', 'panic:', 1000::bigint, 'demo', 'research')$$, 'what is left null stays as it was');
select fleet.change_stall_rule('demo', 'research', p_escalate_after => '1 minute') as done \gset
select is((select count(*) from fleet.stall_rules where project = 'demo'), 2::bigint, 'the same change again changes nothing');
select fleet.change_stall_rule(p_task_type => 'review', p_stalled_after => '45 minutes') as done \gset
select results_eq($$select stalled_after, escalate_after, rule_project, rule_task_type from fleet.get_stall_rule('x', 'review')$$,
  $$values (interval '45 minutes', interval '45 minutes', '*', 'review')$$,
  'a rule of a task type is for any project; an escalation below the new limit moves up to it');
select fleet.change_stall_rule(p_stalled_after => '20 minutes') as done \gset
select is((select stalled_after from fleet.get_stall_rule('x', 'other')), '20 minutes', 'without project and task type it is the rule of all');
delete from fleet.stall_rules;
select fleet.change_stall_rule('gone', p_stalled_after => '1 minute') as done \gset
select is((select escalate_after from fleet.get_stall_rule('gone')), '30 minutes', 'with no row to start from, the built-in limits are the start');

-- edges

select lives_ok($$select fleet.change_stall_rule('b', p_stalled_after => '1 second', p_escalate_after => '1 second')$$, 'the shortest stall is 1 second, escalated at once');
select lives_ok($$select fleet.change_stall_rule('b', p_stalled_after => '30 days', p_escalate_after => '60 days')$$, 'the longest is 30 days, escalated at 60');
select lives_ok($$select fleet.change_stall_rule('🚀 ''x''', '"t"', p_error_pattern => '[ä-ü]+\s''"')$$, 'names and patterns are data, never code');
select lives_ok($$select fleet.change_stall_rule('v'::varchar, 't'::varchar, '1 minute'::interval, '2 minutes'::interval, 'x'::varchar, 5)$$,
  'varchar arguments by position work');

-- errors

select throws_ok($$select fleet.change_stall_rule('e', p_stalled_after => '999 milliseconds')$$, 'MF003', null, 'a stall below 1 second is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_stalled_after => '-1 minute')$$, 'MF003', null, 'a negative one is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_stalled_after => '30 days 1 microsecond')$$, 'MF003', null, 'one over 30 days is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_escalate_after => '60 days 1 microsecond')$$, 'MF003', null, 'an escalation over 60 days is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_stalled_after => '10 minutes', p_escalate_after => '9 minutes')$$, 'MF003', null,
  'an escalation before the stall is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_error_pattern => '(')$$, 'MF003', null, 'a pattern that is no regular expression is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_error_pattern => '')$$, 'MF003', null, 'an empty pattern is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_error_pattern => repeat('x', 1001))$$, 'MF003', null, 'a pattern of 1001 characters is refused');
select throws_ok($$select fleet.change_stall_rule('e', p_max_output_bytes => 0)$$, 'MF003', null, 'a size of 0 is refused');
select throws_ok($$select fleet.change_stall_rule(null, p_stalled_after => '1 minute')$$, 'MF003', null, 'a missing project is refused: any is *');
select throws_ok($$select fleet.change_stall_rule('e', null, '1 minute')$$, 'MF003', null, 'a missing task type is refused: any is *');
select throws_ok($$select fleet.change_stall_rule('', p_stalled_after => '1 minute')$$, 'MF003', null, 'an empty project is refused');
select is_empty($$select 1 from fleet.stall_rules where project = 'e'$$, 'refused calls leave nothing behind');

select throws_ok(format('select fleet.change_stall_rule(%L, p_error_pattern => %L)', 'dialect', pattern), 'MF003', null,
  'a pattern that other engines read otherwise is refused: ' || pattern)
from unnest(array['[[:alpha:]]+Error:', '[^[:space:]]+Error', '[a[.hyphen.]]', '\mError:', 'Error\M', '\yfatal\y', '***=Error']) as u (pattern);
select lives_ok($$select fleet.change_stall_rule('dialect', p_error_pattern => '^\s*(Error[:=]|E[0-9]{4}|fatal\[:):')$$, 'one that all read alike is taken');

select * from finish();
rollback;
