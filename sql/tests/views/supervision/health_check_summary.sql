begin;

\ir ../../support/helpers.psql

select plan(14);

create function pg_temp.agrees() returns boolean language sql as $$
  -- what the summary says, and what counting every single check says
  with raw as (
    select h.project, (h.check_time at time zone 'UTC')::date as check_date, h.check_type, h.status, count(*) as check_count,
      max(h.check_time) as last_check_time
    from (select * from fleet.health_checks union all select * from fleet.health_checks_overflow) as h
    where h.check_time >= ((now() at time zone 'UTC')::date - 7)::timestamp at time zone 'UTC'
    group by 1, 2, 3, 4
  ),
  said as (select project, check_date, check_type, status, check_count, last_check_time from fleet.health_check_summary)
  select not exists (table raw except table said) and not exists (table said except table raw) and exists (table raw)
$$;

-- contract
select has_view('fleet', 'health_check_summary', 'the view is there');
select columns_are(
  'fleet', 'health_check_summary', array['project', 'check_date', 'check_type', 'status', 'check_count', 'last_check_time'],
  'it has the columns of document 2');
select col_type_is('fleet', 'health_check_summary', 'check_count', 'bigint', 'check_count is a whole number');
select is(pg_temp.grants('fleet.health_check_summary'), array['fleet_reader SELECT'], 'readers may select, nobody else');

-- behaviour: exact at every step
select count(fleet.record_health_check('p' || n % 3, 'spawn', (array['ok', 'warning', 'critical'])[1 + n % 2], '{}', null, now() - n * interval '7 hours'))
  as done from generate_series(0, 30) as n \gset
select ok(pg_temp.agrees(), 'what was just recorded is in it, with or without a partition');
select fleet.refresh_health_check_counts() as done \gset
select ok(pg_temp.agrees(), 'after a refresh it says the same');
select count(*) as done from fleet.ensure_partitions() \gset
select ok(pg_temp.agrees(), 'after rows moved from overflow to their partitions too');
select fleet.record_health_check('late', 'context', 'ok', '{}', null, now() - interval '2 days') as done \gset
select ok(pg_temp.agrees(), 'what comes late for a day that was counted is in it');
select fleet.refresh_health_check_counts() as done \gset
select ok(pg_temp.agrees(), 'and stays in it');
select is((select count(*) from (select distinct project, check_date, check_type, status from fleet.health_check_summary) as k),
  (select count(*) from fleet.health_check_summary), 'project, day, kind and status are its key');

-- edges
select fleet.record_health_check('old', 'spawn', 'ok', '{}', null, now() - interval '9 days') as done \gset
select fleet.record_health_check('week', 'spawn', 'ok', '{}', null, now() - interval '7 days') as done \gset
select is_empty($$select 1 from fleet.health_check_summary where project = 'old'$$, 'what is older is not in it');
select isnt_empty($$select 1 from fleet.health_check_summary where project = 'week'$$, 'what is seven days old is');
delete from fleet.health_checks where project = 'late';
select isnt_empty($$select 1 from fleet.health_check_summary where project = 'late'$$, 'a clean-up of the checks does not unmake them');

-- errors
set local role fleet_writer;
select throws_ok('select from fleet.health_check_summary', '42501', null, 'a writer may not select');
reset role;

select * from finish();

rollback;
