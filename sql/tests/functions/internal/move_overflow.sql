begin;

\ir ../../support/helpers.psql

select plan(17);

-- contract
select has_function('fleet_internal', 'move_overflow', array['text', 'text', 'integer'], 'move_overflow takes its arguments in this order');
select function_returns('fleet_internal', 'move_overflow', array['text', 'text', 'integer'], 'bigint', 'it returns bigint');
select volatility_is('fleet_internal', 'move_overflow', array['text', 'text', 'integer'], 'volatile', 'it writes');
select isnt_definer('fleet_internal', 'move_overflow', array['text', 'text', 'integer'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.move_overflow(text,text,integer)'), '{}'::text[], 'nobody but its owner may call it');

insert into fleet.health_checks_overflow (id, project, check_time, check_type, status, details, action_taken, retry_key)
select -n, 'p', timestamptz '2999-03-01 12:00+00' + n * interval '1 day', 'spawn', 'ok', jsonb_build_object(
  'n', n), 'none',
  md5(n::text)::uuid
from generate_series(1, 5) as g (n);
create temporary table planted as select * from fleet.health_checks_overflow where id < 0;

-- behaviour
select is(fleet_internal.move_overflow('health_checks', 'check_time'), 0::bigint, 'where there is no partition nothing moves');
create table fleet.health_checks_some partition of fleet.health_checks for values from ('2999-03-02 00:00+00') to ('2999-03-05 00:00+00');
select is(fleet_internal.move_overflow('health_checks', 'check_time', 2), 2::bigint, 'at most p_limit rows move a call');
select is(fleet_internal.move_overflow('health_checks', 'check_time'), 1::bigint, 'the rows move for which a partition exists');
select is(fleet_internal.move_overflow('health_checks', 'check_time'), 0::bigint, 'once');
select set_eq(
  'select * from fleet.health_checks where id < 0', 'select * from planted where id >= -3', 'they arrive whole, with their ids');
select set_eq(
  'select * from fleet.health_checks_overflow', 'select * from planted where id < -3', 'the others stay');

-- edges
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status, retry_key)
select -11, h.project, h.check_time, h.check_type, h.status, h.retry_key from fleet.health_checks as h where h.id = -1;
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-12, 'p', '2999-03-02 13:00+00', 'spawn', 'ok');
select lives_ok(
  $$select fleet_internal.move_overflow('health_checks', 'check_time')$$, 'a repeat of a row that is there already stops nothing');
select results_eq(
  'select id from fleet.health_checks where id < 0 order by id desc', 'values (-1::bigint), (-2), (-3), (-12)',
  'the row beside it moves, the repeat is stored once');
select is_empty('select from fleet.health_checks_overflow where id = -11', 'and does not wait for ever');
delete from fleet.health_checks_overflow;

alter table fleet.health_checks_overflow drop constraint health_checks_check_time_check;
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status)
values (-21, 'p', '-infinity', 'spawn', 'ok'), (-22, 'p', 'infinity', 'spawn', 'ok'), (-23, 'p', '2999-03-03 13:00+00', 'spawn', 'ok');
select is(
  fleet_internal.move_overflow('health_checks', 'check_time'), 1::bigint, 'rows without a usable time stay and stop no other');

alter table fleet.health_checks add column "Odd Name" text;
alter table fleet.health_checks_overflow add column "Odd Name" text;
insert into fleet.health_checks_overflow (id, project, check_time, check_type, status, "Odd Name")
values (-31, 'p', '2999-03-03 14:00+00', 'spawn', 'ok', 'kept');
select is(fleet_internal.move_overflow('health_checks', 'check_time'), 1::bigint, 'a column that was added later is moved');
select results_eq('select "Odd Name" from fleet.health_checks where id = -31', $$values ('kept')$$, 'with its value');

select * from finish();

rollback;
