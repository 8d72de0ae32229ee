begin;

\ir ../../support/helpers.psql

select plan(14);

-- contract
select has_function(
  'fleet_internal', 'raise_no_live_session', array['text'],
  'raise_no_live_session takes its arguments in this order');
select function_returns('fleet_internal', 'raise_no_live_session', array['text'], 'void', 'it returns void');
select volatility_is(
  'fleet_internal', 'raise_no_live_session', array['text'], 'stable',
  'it only reads');
select isnt_definer('fleet_internal', 'raise_no_live_session', array['text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.raise_no_live_session(text)'), '{}'::text[],
  'nobody but its owner may call it');

insert into fleet.ps_sessions (project, started_at, last_activity, ended_at, end_reason)
values ('ended', '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 05:00+00', 'completed');
insert into fleet.active_spawns (project, task_id) values ('spawned', 't');
insert into fleet.session_history_overflow (id, project, session_type, started_at, last_activity, ended_at, end_reason, created_at, updated_at, state, state_changed_at, state_reported_at, archived_at)
values (-1, 'past', 'cli', '2001-02-03 04:00+00', '2001-02-03 04:00+00', '2001-02-03 05:00+00', 'completed', now(), now(), 'idle', now(), now(), now());

-- errors
select throws_ok(format('select fleet_internal.raise_no_live_session(%L)', p), s, null, label)
from (values
  ('unknown', 'MF001', 'an unknown project is said to be unknown'),
  ('ended', 'MF005', 'one whose session has ended is told so'),
  ('spawned', 'MF005', 'one that is known by its spawns has no session'),
  ('past', 'MF005', 'nor has one that is known by its past')
) as t (p, s, label);
set local timezone = 'UTC';
select alike(pg_temp.complaint($$select fleet_internal.raise_no_live_session('ended')$$), '%2001-02-03 05:00:00+00%', 'it is said when it ended');
select alike(
  pg_temp.complaint($$select fleet_internal.raise_no_live_session('spawned')$$), '%known by its spawns%', 'or that none is known but by its spawns');
select alike(
  pg_temp.complaint($$select fleet_internal.raise_no_live_session('spawned')$$), '%start_session(''spawned'')%', 'the hint is a call that helps');
insert into fleet.active_spawns (project, task_id) values ('it''s 50%s %I', 't');
select alike(
  pg_temp.complaint($$select fleet_internal.raise_no_live_session('it''s 50%s %I')$$), '%start_session(''it''''s 50\%s \%I'')%',
  'quotes and percent signs in a name do no harm');
select throws_ok($$select fleet_internal.raise_no_live_session(null)$$, 'MF005', null, 'without a project there is none either');

select * from finish();

rollback;
