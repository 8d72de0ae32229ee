begin;

\ir ../../support/helpers.psql

select plan(31);

-- contract
select has_function(
  'fleet_internal', 'evaluate_context', array['timestamp with time zone'],
  'evaluate_context takes its arguments in this order');
select function_returns(
  'fleet_internal', 'evaluate_context', array['timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is('fleet_internal', 'evaluate_context', array['timestamp with time zone'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'evaluate_context', array['timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.evaluate_context(timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

insert into fleet.ps_sessions (id, project, session_id, host, state, started_at, last_activity, last_context_check, context_usage, ended_at, end_reason)
overriding system value
values
  (-1, 'empty', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 0, null, null),
  (-2, 'below 70', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 0.699999, null, null),
  (-3, 'at 70', 's3', 'h', 'working', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 0.7, null, null),
  (-4, 'below 85', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 0.849999, null, null),
  (-5, 'at 85', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 0.85, null, null),
  (-6, 'full', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', '2001-02-03 12:00+00', 1, null, null),
  (-7, 'never read', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 12:00+00', null, null, null, null),
  (-8, 'silent', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 11:00+00', '2001-02-03 11:00+00', 0.1, null, null),
  (-9, 'not yet', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 11:00:00.000001+00', '2001-02-03 11:00+00', 0.1, null, null),
  (-10, 'silent never read', null, null, 'idle', '2001-02-01 10:00+00', '2001-02-01 12:00+00', null, null, null, null),
  (-11, 'silent full', null, null, 'idle', '2001-02-01 10:00+00', '2001-02-01 12:00+00', '2001-02-01 12:00+00', 0.9, null, null),
  (-12, 'ended', null, null, 'idle', '2001-02-03 10:00+00', '2001-02-03 10:00+00', '2001-02-03 10:00+00', 1, '2001-02-03 11:00+00', 'completed'),
  (-13, 'starts later', null, null, 'idle', '2001-02-03 12:00:00.000001+00', '2001-02-03 13:00+00', null, null, null, null);
create temporary table found as select * from fleet_internal.evaluate_context('2001-02-03 12:00+00');

-- behaviour
select set_eq(
  'select project, subject, status from found',
  $$values
    ('empty', 'empty', 'ok'), ('below 70', 'below 70', 'ok'), ('at 70', 'at 70', 'warning'), ('below 85', 'below 85', 'warning'),
    ('at 85', 'at 85', 'critical'), ('full', 'full', 'critical'), ('never read', 'never read', 'ok'), ('silent', 'silent', 'warning'),
    ('not yet', 'not yet', 'ok'), ('silent never read', 'silent never read', 'warning'), ('silent full', 'silent full', 'critical')$$,
  'each live session has one finding, by its zone and by its silence; zones and silence begin at their bounds exactly');
select results_eq(
  $$select value, unit, warning_threshold, critical_threshold, detail from found where project = 'at 70'$$,
  $$select 70.0, '%', 70.00, 85.00, jsonb_build_object('session_id', 's3', 'host', 'h', 'state', 'working', 'zone', 'warning',
    'last_context_check', timestamptz '2001-02-03 12:00+00')$$, 'value, thresholds and detail say the same');
select is(
  (select message from found where project = 'at 85'), 'context 85.0 % full (critical): Hand off now.', 'the message says what to do');
select is((select message from found where project = 'never read'), 'context never read', 'one that was never read says so');
select is(
  (select message from found where project = 'silent'), 'context 10.0 % full (normal): Any task fits.; no sign of life for 1 h',
  'one that is silent says for how long');
select alike((select message from found where project = 'silent full'), '%Hand off now.; no sign of life for 2 d%', 'both, where both are so');
select is((select value from found where project = 'never read'), null, 'what was never read has no value');

-- behaviour: rows decide
insert into fleet.context_zones values
  ('at 85', 'low', 0.2, 'ok', 'tiny', false, false, 'Fine.'), ('at 85', 'high', 0.9, 'critical', null, true, true, 'Stop.');
select results_eq(
  $$select status, warning_threshold, critical_threshold, detail ->> 'zone' from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'at 85'$$,
  $$values ('ok', null::numeric, 90.0, 'low')$$, 'a project''s own zones alone count for it');
select is(
  (select status from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'full'), 'critical', 'and for no other');
update fleet.time_limits set duration = interval '2 hours' where name = 'session_silence';
select is(
  (select status from fleet_internal.evaluate_context('2001-02-03 12:59+00') where project = 'silent'), 'ok', 'how long silence may be is a row');
delete from fleet.time_limits where name = 'session_silence';
select is(
  (select status from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'silent'), 'warning',
  'where it was deleted an hour holds');
delete from fleet.context_zones;
select results_eq(
  $$select status, message from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'full'$$,
  $$values ('unknown', 'context 100.0 % full (no zone): context_zones has no rows')$$,
  'where all zones were deleted a reading is unknown, never ok');
select is(
  (select status from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'silent'), 'warning', 'and silence still a warning');
select is(
  (select status from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'never read'), 'ok', 'one never read has nothing to be judged');

-- edges: time
select is(
  (select count(*) from fleet_internal.evaluate_context('2001-02-03 09:59+00')), 2::bigint, 'as of a time before they started there are none');
set local timezone = 'Asia/Kathmandu';
set local datestyle = 'German, DMY';
set local intervalstyle = 'sql_standard';
select is(
  (select message from fleet_internal.evaluate_context('2001-02-03 12:00+00') where project = 'silent'),
  'context 10.0 % full (no zone): context_zones has no rows; no sign of life for 1 h', 'no setting of the session changes the message');
reset timezone;
reset datestyle;
reset intervalstyle;

-- edges: trap 11, rows that no function would write
alter table fleet.ps_sessions
  drop constraint ps_sessions_started_at_check, drop constraint ps_sessions_last_activity_check,
  drop constraint ps_sessions_last_context_check_check, drop constraint ps_sessions_context_usage_check;
insert into fleet.ps_sessions (project, started_at, last_activity, last_context_check, context_usage)
values
  ('minus', '-infinity', '-infinity', '-infinity', 0.1), ('plus', 'infinity', 'infinity', 'infinity', 0.1),
  ('nan', '2001-02-03 10:00+00', '2001-02-03 12:00+00', null, 'NaN'), ('much', '2001-02-03 10:00+00', '2001-02-03 12:00+00', null, 70),
  ('less', '2001-02-03 10:00+00', '2001-02-03 12:00+00', null, -1);
insert into fleet.context_zones values
  ('*', 'low', 0.2, 'ok', 'tiny', false, false, '100% fine %s.'), ('*', 'high', 0.9, 'critical', null, true, true, 'Stop.');
create temporary table poisoned as select * from fleet_internal.evaluate_context('2001-02-03 12:00+00');
select is((select count(*) from poisoned), 16::bigint, 'planted rows stop nothing');
select results_eq(
  $$select project, status, message from poisoned where project in ('minus', 'plus') order by 1$$,
  $$values ('minus', 'warning', 'context 10.0 % full (low): 100% fine %s.; no sign of life'),
      ('plus', 'warning', 'context 10.0 % full (low): 100% fine %s.; no sign of life')$$,
  'a last activity of infinity is no sign of life');
select is((select status from poisoned where project = 'nan'), 'critical', 'NaN is critical, not fine');
select is((select status from poisoned where project = 'much'), 'critical', 'so is more than full');
select is((select status from poisoned where project = 'less'), 'ok', 'less than nothing is in the lowest zone');
select is(
  (select count(*) from fleet.run_check('context', '2001-02-03 12:00+00') where status = 'unknown'), 0::bigint, 'and run_check can record them');

-- edges: the same through run_check
delete from fleet.ps_sessions where id not in (-5, -8);
delete from fleet.context_zones;
select is(
  (select count(*) from fleet.run_check('context', '2001-02-03 12:01+00') where status = 'unknown'), 1::bigint, 'run_check hands unknown on');
select is(
  (select string_agg(h.status, ' ') from fleet.health_checks_overflow as h where h.project = 'at 85' and h.check_time = '2001-02-03 12:01+00'),
  'warning', 'and never records it as ok');
select ok(
  (select bool_and(jsonb_typeof(h.details) = 'object') from fleet.health_checks_overflow as h where h.check_type = 'context'), 'with details');
delete from fleet.ps_sessions;
select is_empty($$select from fleet_internal.evaluate_context('2001-02-03 12:00+00')$$, 'without sessions there are no findings');

select * from finish();

rollback;
