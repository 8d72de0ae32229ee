begin;

\ir ../../support/helpers.psql

select plan(34);

\set sound '{"project": "p", "task_type": "t", "stalled_after": "15 minutes", "escalate_after": "30 minutes", "error_pattern": "x", "max_output_bytes": 1}'

-- contract
select has_table('fleet', 'stall_rules', 'the table is there');
select columns_are(
  'fleet', 'stall_rules',
  array['project', 'task_type', 'stalled_after', 'escalate_after', 'error_pattern', 'max_output_bytes'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'stall_rules', array['project', 'task_type'], 'a project and task type have one rule');
select indexes_are('fleet', 'stall_rules', array['stall_rules_pkey'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.stall_rules'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('stall_rules', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('stall_rules', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'stall_rules_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'stall_rules_project_check', 'an empty project is refused'),
  (jsonb_build_object('task_type', repeat('x', 200)), 'accepted', 'task_type of 200 characters is accepted'),
  (jsonb_build_object('task_type', repeat('x', 201)), 'stall_rules_task_type_check', 'one of 201 is refused'),
  (jsonb '{"task_type": ""}', 'stall_rules_task_type_check', 'an empty task_type is refused'),
  (jsonb '{"project": "*", "task_type": "x"}', 'accepted', 'a star stands for any project'),
  (jsonb '{"stalled_after": "1 second", "escalate_after": "2 seconds"}', 'accepted',
    'a second is the shortest silence: a test may set 2 honestly'),
  (jsonb '{"stalled_after": "999 milliseconds"}', 'stall_rules_stalled_after_check', 'less is refused'),
  (jsonb '{"stalled_after": "0"}', 'stall_rules_stalled_after_check', 'nothing is refused'),
  (jsonb '{"stalled_after": "30 days", "escalate_after": "60 days"}', 'accepted', '30 and 60 days are the longest'),
  (jsonb '{"stalled_after": "30 days 1 second", "escalate_after": "60 days"}', 'stall_rules_stalled_after_check',
    'a longer stall is refused'),
  (jsonb '{"escalate_after": "60 days 1 second"}', 'stall_rules_escalate_after_check', 'a longer escalation is refused'),
  (jsonb '{"escalate_after": "15 minutes"}', 'accepted', 'escalation may come with the stall'),
  (jsonb '{"escalate_after": "14 minutes 59 seconds"}', 'stall_rules_escalate_after_check', 'never before it'),
  (jsonb '{"max_output_bytes": 9223372036854775807}', 'accepted', 'an output may be as large as a number can say'),
  (jsonb '{"max_output_bytes": 0}', 'stall_rules_max_output_bytes_check', 'a limit of 0 bytes is refused'),
  (jsonb '{"max_output_bytes": -1}', 'stall_rules_max_output_bytes_check', 'a negative one is refused'),
  (jsonb_build_object('error_pattern', repeat('x', 1000)), 'accepted', 'error_pattern of 1000 characters is accepted'),
  (jsonb_build_object('error_pattern', repeat('x', 1001)), 'stall_rules_error_pattern_check', 'one of 1001 is refused'),
  (jsonb '{"error_pattern": ""}', 'stall_rules_error_pattern_check', 'an empty error_pattern is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('stall_rules', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['project', 'task_type', 'stalled_after', 'escalate_after', 'error_pattern', 'max_output_bytes']
) as u (c);

-- behaviour
select results_eq(
  'select project, task_type, stalled_after, escalate_after, error_pattern from fleet.stall_rules',
  $$values ('*', '*', interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:')$$,
  'the rule of the requirements ships, for any project and task type');

select * from finish();

rollback;
