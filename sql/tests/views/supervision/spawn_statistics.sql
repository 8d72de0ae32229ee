begin;

\ir ../../support/helpers.psql

select plan(7);

-- contract
select has_view('fleet', 'spawn_statistics', 'the view is there');
select columns_are(
  'fleet', 'spawn_statistics',
  array['project', 'task_type', 'spawns', 'open_spawns', 'completed', 'failed', 'abandoned', 'success_rate_percent',
    'mean_duration_seconds', 'p95_duration_seconds', 'tokens_used', 'cost_usd'],
  'it has these columns');
select is(pg_temp.grants('fleet.spawn_statistics'), array['fleet_reader SELECT'], 'readers may select, nobody else');
select is_empty('select from fleet.spawn_statistics', 'of nothing it tells nothing');

-- behaviour: 1 to 100 seconds, the first 60 of them completed
create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.active_spawns (project, task_id, task_type, spawn_time, status, completed_at, tokens_used, cost_usd)
select 'p', 't' || n, 'research', '2001-02-03 04:00+00', case when n <= 60 then 'completed' when n <= 90 then 'failed' else 'abandoned' end,
  timestamptz '2001-02-03 04:00+00' + n * interval '1 second', n, n / 1000.0
from generate_series(1, 100) as n;
insert into fleet.active_spawns (project, task_id, task_type, spawn_time) values
  ('p', 'open', 'research', '2001-02-03 04:00+00'), ('p', 'plain', null, '2001-02-03 04:00+00'), ('q', 't1', 'research', '2001-02-03 04:00+00');
create temporary table before as select * from fleet.spawn_statistics;
select bag_eq(
  'select * from before',
  $$values
    ('p', 'research', 101::bigint, 1::bigint, 60::bigint, 30::bigint, 10::bigint, 60.00, 50.500, 95.050, 5050::bigint, 5.050),
    ('p', null, 1, 1, 0, 0, 0, null, null, null, 0, 0),
    ('q', 'research', 1, 1, 0, 0, 0, null, null, null, 0, 0)$$,
  'a row a project and task type: counts, rate, mean, 95th percentile, and use');
select fleet_internal.archive_spawns('p', array(select 't' || n from generate_series(1, 80) as n)) as done \gset
select bag_eq('select * from fleet.spawn_statistics', 'select * from before', 'where the rows stand does not matter');

-- edges
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'odd', 't', '-infinity', 'failed', '2001-02-03 04:00+00', now(), now(), 1);
select results_eq(
  $$select failed, mean_duration_seconds from fleet.spawn_statistics where project = 'odd'$$, $$values (1::bigint, null::numeric)$$,
  'trap 11: an impossible time fails nothing');

select * from finish();

rollback;
