begin;
select plan(33);

create function pg_temp.run_as(p_role text, p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute format('set local role %I', p_role);
  execute p_sql into v_answer;
  reset role;
  return v_answer;
end
$$;

select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as p_id \gset

-- contract

select has_function('fleet', 'touch_session', array['text', 'text', 'timestamp with time zone'],
  'touch_session takes project, state and time');
select function_returns('fleet', 'touch_session', 'void', 'touch_session returns nothing');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.touch_session(''p'', null, ''2026-03-02 09:00:30+00'')')$$,
  'a writer may touch a session');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.touch_session(''p'')')$$, '42501', null,
  'a reader may not touch a session');

-- behaviour

select fleet.touch_session('p', p_at => '2026-03-02 09:01+00') as done \gset
select is((select last_activity from fleet.ps_sessions where project = 'p'), '2026-03-02 09:01+00', 'a touch is a sign of life');
select is((select state from fleet.ps_sessions where project = 'p'), 'working', 'a touch without a state leaves the state');
select fleet.touch_session('p', 'needs_input', '2026-03-02 09:02+00') as done \gset
select results_eq($$select state, state_changed_at, last_activity from fleet.ps_sessions where project = 'p'$$,
  $$values ('needs_input', timestamptz '2026-03-02 09:02+00', timestamptz '2026-03-02 09:02+00')$$,
  'a touch with a state says what the session is doing, and since when');
select fleet.touch_session('p', 'needs_input', '2026-03-02 09:03+00') as done \gset
select is((select state_changed_at from fleet.ps_sessions where project = 'p'), '2026-03-02 09:02+00',
  'the same state again does not change since when');
select lives_ok(format('select fleet.touch_session(%L, %L, %L)', 'p', s.state, '2026-03-02 09:04+00'), 'state ' || s.state || ' is known')
from (values ('error'), ('idle'), ('needs_input'), ('working')) as s (state);

select fleet.touch_session('p', p_at => '2026-03-02 09:00:10+00') as done \gset
select is((select last_activity from fleet.ps_sessions where project = 'p'), '2026-03-02 09:04+00',
  'a late touch never moves the last activity back');
select fleet.touch_session('p', 'error', '2026-03-02 09:03:50+00') as done \gset
select is((select state from fleet.ps_sessions where project = 'p'), 'working', 'a late touch does not overwrite a newer state');
select fleet.touch_session('p', 'idle', '2026-03-02 10:00+00') as done \gset
select fleet.touch_session('p', 'idle', '2026-03-02 10:05+00') as done \gset
select fleet.touch_session('p', 'working', '2026-03-02 10:03+00') as done \gset
select is((select state from fleet.ps_sessions where project = 'p'), 'idle',
  'a late touch does not overwrite a state that was confirmed since');

select fleet.start_session('mixed', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.touch_session('mixed', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.touch_session('mixed', 'needs_input', '2026-03-02 09:50+00') as done \gset
select results_eq($$select state, state_changed_at, last_activity from fleet.ps_sessions where project = 'mixed'$$,
  $$values ('needs_input', timestamptz '2026-03-02 09:50+00', timestamptz '2026-03-02 10:00+00')$$,
  'a late touch with the latest state known counts for the state, not for the last activity');

-- edges

select fleet.start_session('rate', p_at => '2026-03-02 09:00+00') as rate_id \gset
select fleet.touch_session('rate', p_at => '2026-03-02 09:00:00.999999+00') as done \gset
select is((select last_activity from fleet.ps_sessions where project = 'rate'), '2026-03-02 09:00+00',
  'a touch less than touch_interval after the stored one is not written');
select fleet.touch_session('rate', p_at => '2026-03-02 09:00:01+00') as done \gset
select is((select last_activity from fleet.ps_sessions where project = 'rate'), '2026-03-02 09:00:01+00',
  'a touch touch_interval after the stored one is written');
select fleet.touch_session('rate', 'idle', '2026-03-02 09:00:01.5+00') as done \gset
select results_eq($$select state, last_activity from fleet.ps_sessions where project = 'rate'$$,
  $$values ('idle', timestamptz '2026-03-02 09:00:01.5+00')$$, 'a change of state is written at once');
update fleet.time_limits set duration = interval '10 minutes' where name = 'touch_interval';
select fleet.touch_session('rate', p_at => '2026-03-02 09:05+00') as done \gset
select is((select last_activity from fleet.ps_sessions where project = 'rate'), '2026-03-02 09:00:01.5+00',
  'the interval is the row of time_limits');

select fleet.touch_session('p', p_at => '9000-01-01 00:00+00') as done \gset
select ok((select last_activity <= clock_timestamp() from fleet.ps_sessions where project = 'p'),
  'a touch from the future is not believed');
select is((select claimed_at from fleet.clock_anomalies where routing_key = 'p' and source = 'touch_session'),
  '9000-01-01 00:00+00', 'and is recorded as an anomaly');

select fleet.start_session('over', p_at => '2026-03-02 09:00+00') as over_id \gset
select fleet.end_session('over', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select fleet.touch_session('over', 'idle', '2026-03-02 09:59+00')$$,
  'a touch that was made before the end and comes late is no error');
select results_eq($$select last_activity, state, ended_at from fleet.ps_sessions where project = 'over'$$,
  $$values (timestamptz '2026-03-02 09:00+00', 'working', timestamptz '2026-03-02 10:00+00')$$, 'and changes nothing');

-- errors

select throws_ok($$select fleet.touch_session('over', null, '2026-03-02 10:00:00.000001+00')$$, 'MF005', null,
  'a touch after the end is an error');
select throws_ok($$select fleet.touch_session('nobody')$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select fleet.register_spawn('spawns-only', 't', p_at => '2026-03-02 09:00+00') as done \gset
select throws_ok($$select fleet.touch_session('spawns-only')$$, 'MF005', null, 'a project without a session is an error of its own');
select fleet.archive_ended_sessions(p_at => '2026-03-04 00:00+00') as done \gset
select throws_ok($$select fleet.touch_session('over')$$, 'MF005', null, 'a project whose session is archived has none');
select throws_ok($$select fleet.touch_session('p', 'sleeping')$$, 'MF004', null, 'an unknown state is refused');
select throws_ok($$select fleet.touch_session('p', '')$$, 'MF004', null, 'an empty state is refused');
select throws_ok($$select fleet.touch_session(null)$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.touch_session('p', null, null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.touch_session('p', null, 'infinity')$$, 'MF003', null, 'an infinite time is refused');

select * from finish();
rollback;
