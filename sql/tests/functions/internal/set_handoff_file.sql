begin;

\ir ../../support/helpers.psql

select plan(7);

-- contract
select has_function('fleet_internal', 'set_handoff_file', array['text', 'bigint', 'text'], 'it takes a project, a session''s number and a file');
select isnt_definer('fleet_internal', 'set_handoff_file', array['text', 'bigint', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.set_handoff_file(text, bigint, text)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
create table fleet.session_history_a partition of fleet.session_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.ps_sessions (id, project, started_at, last_activity) overriding system value
values (-1, 'p', '2001-02-03 04:00+00', '2001-02-03 04:00+00');
insert into fleet.session_history (
  id, project, session_type, started_at, last_activity, created_at, updated_at, state, state_changed_at, state_reported_at, ended_at, end_reason)
select -2, 'p', 'cli', t, t, t, t, 'working', t, t, t, 'replaced' from (select timestamptz '2001-02-03 03:00+00') as v (t);
insert into fleet.session_history_overflow (
  id, project, session_type, started_at, last_activity, created_at, updated_at, state, state_changed_at, state_reported_at, ended_at, end_reason)
select -3, 'p', 'cli', t, t, t, t, 'working', t, t, t, 'replaced' from (select timestamptz '2001-01-03 03:00+00') as v (t);
select count(fleet_internal.set_handoff_file('p', n, '/h' || n || '.md')) as done from unnest(array[-1, -2, -3]) as u (n) \gset
select is((select handoff_file_path from fleet.ps_sessions), '/h-1.md', 'the live session gets its file');
select is((select handoff_file_path from fleet.session_history), '/h-2.md', 'a past one too');
select is((select handoff_file_path from fleet.session_history_overflow), '/h-3.md', 'one that waits without a partition too');

-- edges
select lives_ok($$select fleet_internal.set_handoff_file('p', -4, '/x.md')$$, 'one that retention has taken is not missed');

select * from finish();

rollback;
