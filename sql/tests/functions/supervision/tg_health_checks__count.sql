begin;

\ir ../../support/helpers.psql

select plan(11);

-- contract
select has_function('fleet', 'tg_health_checks__count', '{}'::name[], 'the trigger function is there');
select has_trigger('fleet', 'health_checks', 'count_health_checks', 'its trigger stands on health_checks');
select is(pg_temp.callers('fleet.tg_health_checks__count()'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.health_checks (project, check_time, check_type, status)
select 'p' || n % 2, timestamptz '2001-02-03 00:00+00' + n * interval '6 hours', 'spawn', 'ok' from generate_series(0, 7) as n;
select results_eq(
  'select project, check_date, check_type, status, check_count, last_check_time from fleet.health_check_deltas order by 1, 2',
  $$values ('p0', date '2001-02-03', 'spawn', 'ok', 2::bigint, timestamptz '2001-02-03 12:00+00'),
    ('p0', date '2001-02-04', 'spawn', 'ok', 2::bigint, timestamptz '2001-02-04 12:00+00'),
    ('p1', date '2001-02-03', 'spawn', 'ok', 2::bigint, timestamptz '2001-02-03 18:00+00'),
    ('p1', date '2001-02-04', 'spawn', 'ok', 2::bigint, timestamptz '2001-02-04 18:00+00')$$,
  'however they are inserted, checks are counted by project, day in UTC, kind and status: a row each');
delete from fleet.health_check_deltas;
insert into fleet.health_checks (project, check_time, check_type, status, retry_key)
values ('r', '2001-02-03 00:00+00', 'spawn', 'ok', '00000000-0000-0000-0000-000000000001');
insert into fleet.health_checks (project, check_time, check_type, status, retry_key)
values ('r', '2001-02-03 00:00+00', 'spawn', 'ok', '00000000-0000-0000-0000-000000000001'), ('s', '2001-02-03 00:00+00', 'spawn', 'critical', '00000000-0000-0000-0000-000000000001')
on conflict do nothing;
select results_eq(
  'select project, check_count from fleet.health_check_deltas order by 1', $$values ('r', 1::bigint), ('s', 1::bigint)$$,
  'a repeat is not counted');
select lives_ok($$insert into fleet.health_checks (project, check_time, check_type, status) select 'x', now(), 'spawn', 'ok' where false$$, 'nothing inserted is nothing counted');
select is((select count(*) from fleet.health_check_deltas), 2::bigint, 'no row of it');

-- edges
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status) values (-9, 'o', '2001-02-05 00:00+00', 'spawn', 'ok');
select is((select count(*) from fleet.health_check_deltas where project = 'o'), 0::bigint, 'what waits in overflow is not counted here');
select is(fleet_internal.move_overflow('health_checks', 'check_time'), 1::bigint, 'it moves to its partition');
select is((select check_count from fleet.health_check_deltas where project = 'o'), 1::bigint, 'and is counted then');

-- errors
delete from fleet.health_check_deltas;
select throws_ok(
  $$insert into fleet.health_checks (project, check_time, check_type, status) values ('e', '2001-02-03 00:00+00', 'spawn', 'ok'), ('e', '2001-02-03 00:00+00', 'spawn', 'fine')$$,
  '23514', null, 'a statement that fails leaves no count');

select * from finish();

rollback;
