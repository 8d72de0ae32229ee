begin;

\ir ../../support/helpers.psql

select plan(41);

\set sound '{"project": "p", "zone": "z", "from_usage": 0.5, "severity": "ok", "largest_task": "tiny", "wants_prompt": false, "wants_handoff": false, "advice": "a"}'

-- contract
select has_table('fleet', 'context_zones', 'the table is there');
select columns_are(
  'fleet', 'context_zones',
  array['project', 'zone', 'from_usage', 'severity', 'largest_task', 'wants_prompt', 'wants_handoff', 'advice'],
  'it has these columns');
select col_is_pk('fleet', 'context_zones', array['project', 'zone'], 'a zone of a project has one row');
select indexes_are(
  'fleet', 'context_zones', array['context_zones_pkey', 'context_zones_project_from_usage_key'],
  'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.context_zones'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('context_zones', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('context_zones', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'context_zones_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'context_zones_project_check', 'an empty project is refused'),
  (jsonb_build_object('zone', 'a' || repeat('0', 62)), 'accepted', 'a zone of 63 characters is accepted'),
  (jsonb_build_object('zone', 'a' || repeat('0', 63)), 'context_zones_zone_check', 'one of 64 is refused'),
  (jsonb '{"zone": ""}', 'context_zones_zone_check', 'an empty one is refused'),
  (jsonb '{"zone": "Red"}', 'context_zones_zone_check', 'a capital is refused'),
  (jsonb '{"zone": "red\n"}', 'context_zones_zone_check', 'a line feed behind is refused'),
  (jsonb '{"from_usage": 0}', 'accepted', 'a zone may begin at nothing'),
  (jsonb '{"from_usage": 1}', 'accepted', 'or at all of it'),
  (jsonb '{"from_usage": -0.000001}', 'context_zones_from_usage_check', 'not below'),
  (jsonb '{"from_usage": 1.000001}', 'context_zones_from_usage_check', 'not above'),
  (jsonb '{"from_usage": 85}', 'context_zones_from_usage_check', '85 for 85 per cent is refused'),
  (jsonb '{"from_usage": "NaN"}', 'context_zones_from_usage_check', 'trap 5: NaN is refused'),
  (jsonb '{"severity": "warning"}', 'accepted', 'warning is a severity'),
  (jsonb '{"severity": "critical"}', 'accepted', 'critical is one'),
  (jsonb '{"severity": "unknown"}', 'context_zones_severity_check', 'unknown is none'),
  (jsonb '{"severity": "OK"}', 'context_zones_severity_check', 'nor another case'),
  (jsonb '{"severity": ""}', 'context_zones_severity_check', 'nor nothing'),
  (jsonb '{"largest_task": null}', 'accepted', 'a zone may allow no task at all'),
  (jsonb '{"largest_task": "vast"}', 'context_zones_largest_task_fkey', 'an unknown size of task is refused'),
  (jsonb_build_object('advice', repeat('x', 1000)), 'accepted', 'advice of 1000 characters is accepted'),
  (jsonb_build_object('advice', repeat('x', 1001)), 'context_zones_advice_check', 'one of 1001 is refused'),
  (jsonb '{"advice": ""}', 'context_zones_advice_check', 'an empty advice is refused'),
  (jsonb '{"project": "*", "from_usage": 0.85}', 'context_zones_project_from_usage_key', 'two zones of a project cannot begin at once')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('context_zones', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['project', 'zone', 'from_usage', 'severity', 'wants_prompt', 'wants_handoff', 'advice']
) as u (c);

-- behaviour
select results_eq(
  'select project, zone, from_usage, severity, largest_task, wants_prompt, wants_handoff from fleet.context_zones order by from_usage',
  $$values
    ('*', 'normal', 0.00, 'ok', 'large', false, false),
    ('*', 'noted', 0.30, 'ok', 'medium', false, false),
    ('*', 'filling', 0.50, 'ok', 'small', false, false),
    ('*', 'warning', 0.70, 'warning', 'tiny', true, false),
    ('*', 'critical', 0.85, 'critical', null, true, true)$$, 'the zones of the requirements ship');
select is(
  pg_temp.refusal($$delete from fleet.task_sizes where task_size = 'tiny'$$), 'context_zones_largest_task_fkey',
  'a size that a zone names cannot go');
select is(
  pg_temp.refusal($$delete from fleet.task_sizes where task_size = 'large'; delete from fleet.context_zones$$),
  'context_zones_largest_task_fkey', 'not even before the zone does');

select * from finish();

rollback;
