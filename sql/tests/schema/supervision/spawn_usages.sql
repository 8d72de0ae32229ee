begin;

\ir ../../support/helpers.psql

select plan(51);

\set sound '{"project": "p", "task_id": "t", "event_id": "00000000-0000-0000-0000-000000000001", "recorded_at": "2001-02-03 04:00:00+00", "spawn_id": 1, "tokens_used": 1, "cost_usd": 0.5}'

-- contract
select has_table('fleet', 'spawn_usages', 'the table is there');
select columns_are(
  'fleet', 'spawn_usages', array['project', 'task_id', 'event_id', 'recorded_at', 'spawn_id', 'tokens_used', 'cost_usd'],
  'it has these columns');
select columns_are(
  'fleet', 'spawn_usages_overflow', array['project', 'task_id', 'event_id', 'recorded_at', 'spawn_id', 'tokens_used', 'cost_usd'],
  'the overflow has the same');
select col_is_pk(
  'fleet', 'spawn_usages', array['project', 'task_id', 'event_id', 'recorded_at'], 'an event of a task and an instant is one row');
select col_is_pk(
  'fleet', 'spawn_usages_overflow', array['project', 'task_id', 'event_id', 'recorded_at'], 'in the overflow too');
select indexes_are('fleet', 'spawn_usages', array['spawn_usages_pkey'], 'it has no other index');
select is(pg_temp.grants('fleet.spawn_usages'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');
select is(pg_temp.grants('fleet.spawn_usages_overflow'), array['fleet_reader SELECT'], 'nor on the overflow');
select results_eq(
  $$select p.control_column, p.width, r.keep_for, r.action from fleet.partition_policies as p join fleet.retention_rules as r using (table_name)
    where p.table_name = 'spawn_usages'$$,
  $$values ('recorded_at', 'month', interval '90 days', 'drop_partition')$$, 'it is split by month and kept for 90 days');
select is(
  (select p.partdefid from pg_partitioned_table as p where p.partrelid = 'fleet.spawn_usages'::regclass), 0::oid,
  'trap 16: there is no default partition');

create table fleet.spawn_usages_a partition of fleet.spawn_usages for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of(t.name, :'sound', change), expected, label || ' (' || t.name || ')')
from (values ('spawn_usages'), ('spawn_usages_overflow')) as t (name)
cross join (values
  (jsonb '{}', 'accepted', 'a sound row is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'spawn_usages_project_check', 'a project of 201 characters is refused'),
  (jsonb '{"project": ""}', 'spawn_usages_project_check', 'an empty project is refused'),
  (jsonb_build_object('task_id', repeat('x', 201)), 'spawn_usages_task_id_check', 'a task of 201 characters is refused'),
  (jsonb '{"task_id": ""}', 'spawn_usages_task_id_check', 'an empty task is refused'),
  (jsonb '{"tokens_used": 0, "cost_usd": 0}', 'accepted', 'nothing may be used'),
  (jsonb '{"tokens_used": -1}', 'spawn_usages_tokens_used_check', 'less than nothing may not'),
  (jsonb '{"tokens_used": 1000000000000, "cost_usd": 1000000000}', 'accepted', 'the most is accepted'),
  (jsonb '{"tokens_used": 1000000000001}', 'spawn_usages_tokens_used_check', 'one token more is not'),
  (jsonb '{"cost_usd": -0.000001}', 'spawn_usages_cost_usd_check', 'a negative cost is refused'),
  (jsonb '{"cost_usd": 1000000000.01}', 'spawn_usages_cost_usd_check', 'a cost above the most is refused'),
  (jsonb '{"cost_usd": "NaN"}', 'spawn_usages_cost_usd_check', 'trap 5: NaN is no cost'),
  (jsonb '{"cost_usd": "Infinity"}', 'spawn_usages_cost_usd_check', 'nor is infinity')
) as c (change, expected, label);

-- errors: what must be given
select is(pg_temp.refusal_of('spawn_usages', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(array['project', 'task_id', 'event_id', 'spawn_id', 'tokens_used', 'cost_usd']) as u (c);
select is(
  pg_temp.refusal_of('spawn_usages_overflow', :'sound', jsonb_build_object('recorded_at', null)), '23502 recorded_at',
  'recorded_at must be given');
select is(
  pg_temp.refusal_of('spawn_usages_overflow', :'sound', jsonb_build_object('recorded_at', at)), 'spawn_usages_recorded_at_check',
  'recorded_at cannot be ' || at)
from unnest(array['infinity', '-infinity']) as u (at);

-- behaviour
select is(
  pg_temp.refusal_of('spawn_usages', :'sound', '{"recorded_at": "2001-03-01 00:00:00+00"}'), '23514',
  'a row without a partition is refused by the table');
select is(
  pg_temp.refusal_of('spawn_usages_overflow', :'sound', '{"recorded_at": "2001-03-01 00:00:00+00"}'), 'accepted',
  'and taken by the overflow');
insert into fleet.spawn_usages (project, task_id, recorded_at, spawn_id, tokens_used, cost_usd)
select 'q', 't', '2001-02-03 04:00+00', 1, 1, 0 from generate_series(1, 2);
select is(
  (select count(distinct event_id) from fleet.spawn_usages where project = 'q'), 2::bigint, 'an event without an id gets one of its own');
insert into fleet.spawn_usages_overflow (project, task_id, recorded_at, spawn_id, tokens_used, cost_usd)
values ('q', 't', '2001-03-03 04:00+00', 1, 1, 0);
select results_eq(
  $$select overflow_moved, overflow_left from fleet.ensure_partitions('2001-03-10 00:00+00') where table_name = 'spawn_usages'$$,
  $$values (1::bigint, 0::bigint)$$, 'ensure_partitions moves what waits in the overflow');
select is((select count(*) from fleet.spawn_usages where project = 'q'), 3::bigint, 'to its partition');
select isnt_empty(
  $$select from fleet.purge_partition('spawn_usages', '2001-06-15 00:00+00') where partition_dropped is not null$$,
  'and purge_partition drops what is past its retention');

select * from finish();

rollback;
