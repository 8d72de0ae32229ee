begin;

\ir ../../support/helpers.psql

select plan(26);

\set sound '{"table_name": "a_table", "keep_for": "1 day", "action": "archive", "description": "d"}'

-- contract
select has_table('fleet', 'retention_rules', 'the table is there');
select columns_are(
  'fleet', 'retention_rules',
  array['table_name', 'keep_for', 'action', 'description'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'retention_rules', array['table_name'], 'a table has one rule');
select indexes_are('fleet', 'retention_rules', array['retention_rules_pkey'], 'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.retention_rules'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('retention_rules', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('retention_rules', :'sound', change), expected, label)
from (values
  (jsonb '{"keep_for": "1 hour"}', 'accepted', 'an hour is the shortest life'),
  (jsonb '{"keep_for": "59 minutes 59.999999 seconds"}', 'retention_rules_keep_for_check', 'less is refused'),
  (jsonb '{"keep_for": "0"}', 'retention_rules_keep_for_check', 'nothing is refused'),
  (jsonb '{"keep_for": "-1 day"}', 'retention_rules_keep_for_check', 'a negative life is refused'),
  (jsonb '{"keep_for": "100 years"}', 'accepted', '100 years are the longest'),
  (jsonb '{"keep_for": "100 years 1 second"}', 'retention_rules_keep_for_check', 'more is refused'),
  (jsonb '{"action": "drop_partition"}', 'accepted', 'drop_partition is an action'),
  (jsonb '{"action": "delete"}', 'accepted', 'delete is an action'),
  (jsonb '{"action": "truncate"}', 'retention_rules_action_check', 'truncate is none'),
  (jsonb '{"action": ""}', 'retention_rules_action_check', 'nor is nothing'),
  (jsonb_build_object('description', repeat('x', 1000)), 'accepted', 'description of 1000 characters is accepted'),
  (jsonb_build_object('description', repeat('x', 1001)), 'retention_rules_description_check', 'one of 1001 is refused'),
  (jsonb '{"description": ""}', 'retention_rules_description_check', 'an empty description is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('retention_rules', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['table_name', 'keep_for', 'action', 'description']
) as u (c);

-- behaviour
select results_eq(
  'select table_name, keep_for, action from fleet.retention_rules order by table_name',
  $$values
    ('active_spawns', interval '24 hours', 'archive'),
    ('context_samples', interval '30 days', 'drop_partition'),
    ('health_check_counts', interval '2 years', 'delete'),
    ('health_checks', interval '30 days', 'drop_partition'),
    ('ps_sessions', interval '24 hours', 'archive'),
    ('session_handoffs', interval '2 years', 'delete'),
    ('session_history', interval '2 years', 'drop_partition'),
    ('spawn_history', interval '2 years', 'drop_partition'),
    ('spawn_usages', interval '90 days', 'drop_partition')$$, 'these rules ship: ended rows move after 24 h');
select is_empty(
  $$select from fleet.retention_rules as r where to_regclass('fleet.' || r.table_name) is null$$, 'each names a table there is');
select is_empty(
  $$select from fleet.retention_rules as r where r.action = 'drop_partition'
    and not exists (select from fleet.partition_policies as p where p.table_name = r.table_name)$$,
  'only tables that are split lose partitions');

select * from finish();

rollback;
