begin;

\ir ../../support/helpers.psql

select plan(14);

-- contract
select has_view('fleet', 'high_context_sessions', 'the view is there');
select columns_are(
  'fleet', 'high_context_sessions',
  array['project', 'context_usage', 'last_context_check', 'zone', 'severity', 'advice', 'estimated_tokens_used',
    'estimated_tokens_total', 'session_id', 'host'], 'it has these columns, those of document 1 first');
select is(pg_temp.grants('fleet.high_context_sessions'), array['fleet_reader SELECT'], 'readers may select, nobody else');

insert into fleet.ps_sessions (
  project, session_id, host, started_at, last_activity, last_context_check, context_usage, estimated_tokens_used, ended_at, end_reason)
values
  ('below', null, null, '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 0.699999, 1, null, null),
  ('at', null, null, '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 0.7, 1, null, null),
  ('over', 's', 'h', '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 0.700001, 140000, null, null),
  ('full', null, null, '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 1, 1, null, null),
  ('never', null, null, '2001-02-03 04:00+00', '2001-02-03 04:00+00', null, null, null, null, null),
  ('ended', null, null, '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 1, 1, '2001-02-03 05:00+00', 'completed');

-- behaviour
select set_eq(
  'select project, zone, severity from fleet.high_context_sessions', $$values ('over', 'warning', 'warning'), ('full', 'critical', 'critical')$$,
  'live sessions over 70 per cent are in it; 70 exactly is not, as in document 1');
select results_eq(
  $$select context_usage, last_context_check, advice, estimated_tokens_used, estimated_tokens_total, session_id, host
    from fleet.high_context_sessions where project = 'over'$$,
  $$values (0.700001, timestamptz '2001-02-03 04:00+00', 'Begin tiny tasks only, and prepare the handoff.', 140000::bigint, 200000::bigint, 's', 'h')$$,
  'with what their zone asks for');
select set_eq(
  'select project, context_usage, last_context_check from fleet.high_context_sessions',
  'select project, context_usage, last_context_check from fleet.ps_sessions where context_usage > 0.70 and ended_at is null',
  'it says what the query of document 1 says of live sessions');
select is(
  (select count(*) from fleet.high_context_sessions), (select count(distinct project) from fleet.high_context_sessions), 'project is its key');

-- edges
insert into fleet.context_zones values ('full', 'any', 0, 'ok', 'large', false, false, 'Go on.');
select is(
  (select severity from fleet.high_context_sessions where project = 'full'), 'ok', 'a project''s own zones decide what is asked for');
delete from fleet.context_zones;
select set_eq(
  'select project, zone from fleet.high_context_sessions', $$values ('over', null), ('full', null)$$,
  'where all zones were deleted none is lost');
alter table fleet.ps_sessions drop constraint ps_sessions_context_usage_check;
insert into fleet.ps_sessions (project, context_usage) values ('nan', 'NaN'), ('minus', -1);
select set_eq(
  'select project from fleet.high_context_sessions', $$values ('over'), ('full'), ('nan')$$, 'trap 11: planted readings stop nothing');
delete from fleet.ps_sessions;
select is_empty('select from fleet.high_context_sessions', 'an empty fleet has none');

-- privileges
set local role fleet_reader;
select is_empty('select from fleet.high_context_sessions', 'a reader may select');
reset role;
set local role fleet_writer;
select throws_ok('select from fleet.high_context_sessions', '42501', null, 'a writer may not');
reset role;
select is(
  (select obj_description('fleet.high_context_sessions'::regclass, 'pg_class')),
  'Live sessions that use over 70 % of their context window. Key: project.', 'its comment names its key');

select * from finish();

rollback;
