begin;

\ir ../../support/helpers.psql

select plan(19);

-- contract
select has_function(
  'fleet_internal', 'archive_session', array['text', 'timestamp with time zone', 'text'],
  'archive_session takes its arguments in this order');
select function_returns('fleet_internal', 'archive_session', array['text', 'timestamp with time zone', 'text'], 'void', 'it returns void');
select volatility_is('fleet_internal', 'archive_session', array['text', 'timestamp with time zone', 'text'], 'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'archive_session', array['text', 'timestamp with time zone', 'text'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.archive_session(text,timestamp with time zone,text)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.session_history_a partition of fleet.session_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.ps_sessions (
  project, session_type, session_id, started_at, last_activity, last_context_check, context_usage, estimated_tokens_used,
  estimated_tokens_total, handoff_file_path, host, tmux_socket, tmux_pane, model, state, state_changed_at, state_reported_at, ended_at,
  end_reason)
values
  ('ended', 'sdk', 's', '2001-02-03 04:00+00', '2001-02-03 04:30+00', '2001-02-03 04:20+00', 0.31, 62000, 200000, '/tmp/h', 'h',
    '/tmp/tmux', '%3', 'm', 'idle', '2001-02-03 04:10+00', '2001-02-03 04:15+00', '2001-02-03 05:00+00', 'handoff');
insert into fleet.ps_sessions (project, started_at, last_activity)
values
  ('live', '2001-02-03 04:00+00', '2001-02-03 04:30+00'),
  ('young', '2001-02-03 04:00+00', '2001-02-03 04:30+00'),
  ('late', '2001-02-03 04:00+00', '2001-02-03 04:30+00'),
  ('stays', '2001-02-03 04:00+00', '2001-02-03 04:30+00');
create temporary table before as select to_jsonb(s) as fields from fleet.ps_sessions as s where project = 'ended';

-- behaviour
select lives_ok($$select fleet_internal.archive_session('ended', '2001-02-20 00:00+00', 'replaced')$$, 'an ended session moves');
select is(
  (select to_jsonb(h) - 'archived_at' from fleet.session_history as h where h.project = 'ended'), (select b.fields from before as b),
  'it moves whole: every column, the id and its own end too');
select is((select h.archived_at from fleet.session_history as h), now(), 'with the time of its moving');
select lives_ok($$select fleet_internal.archive_session('live', '2001-02-20 00:00+00', 'replaced')$$, 'a live session moves');
select results_eq(
  $$select ended_at, end_reason from fleet.session_history where project = 'live'$$,
  $$values (timestamptz '2001-02-20 00:00+00', 'replaced')$$, 'it ends at that instant for that reason');
select lives_ok(
  $$select fleet_internal.archive_session('late', '2001-03-01 00:00+00', 'replaced')$$,
  'one of a month without a partition moves');
select results_eq(
  $$select project, ended_at from fleet.session_history_overflow$$, $$values ('late', timestamptz '2001-03-01 00:00+00')$$,
  'to the overflow');
select results_eq(
  'select project from fleet.ps_sessions order by 1', $$values ('stays'), ('young')$$,
  'the sessions of other projects stay');

-- edges
select lives_ok(
  $$select fleet_internal.archive_session('young', '2001-02-03 03:00+00', 'replaced')$$,
  'a session that is told to end before it began moves');
select results_eq(
  $$select ended_at from fleet.session_history where project = 'young'$$, $$values (timestamptz '2001-02-03 04:00+00')$$,
  'its end is its start');
select bag_eq(
  $$select a.attname::text from pg_attribute as a
    where a.attrelid = 'fleet.session_history'::regclass and a.attnum > 0 and not a.attisdropped
    and a.attname <> 'archived_at'$$,
  $$select a.attname::text from pg_attribute as a
    where a.attrelid = 'fleet.ps_sessions'::regclass and a.attnum > 0 and not a.attisdropped$$,
  'the history has every column of ps_sessions');
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'German';
select lives_ok(
  $$select fleet_internal.archive_session('stays', '2001-02-28 23:59+00', 'replaced')$$, 'the session''s settings do not matter');
select is((select count(*) from fleet.session_history where project = 'stays'), 1::bigint, 'its row finds its partition');

-- errors
select throws_ok(
  $$select fleet_internal.archive_session('nobody', '2001-02-20 00:00+00', 'replaced')$$, 'P0002', null,
  'a project without a session is an error, not nothing');

select * from finish();

rollback;
