begin;

\ir ../../support/helpers.psql

select plan(46);

\set sound '{"id": -1, "project": "p", "ps_session_id": 7, "state": "asked", "asked_at": "2001-02-03 04:00:00+00", "deadline_at": "2001-02-03 04:05:00+00"}'
\set written '{"state": "written", "handoff_file_path": "/h.md", "written_at": "2001-02-03 04:03:00+00"}'
\set resumed '{"state": "resumed", "handoff_file_path": "/h.md", "written_at": "2001-02-03 04:03:00+00", "resumed_at": "2001-02-03 04:10:00+00", "resumed_ps_session_id": 8}'
\set timed_out '{"state": "timed_out", "timed_out_at": "2001-02-03 04:06:00+00"}'

-- contract
select has_table('fleet', 'session_handoffs', 'the table is there');
select columns_are(
  'fleet', 'session_handoffs',
  array['id', 'project', 'ps_session_id', 'session_id', 'state', 'context_usage', 'asked_at', 'deadline_at', 'timed_out_at',
    'handoff_file_path', 'written_at', 'duration_seconds', 'resumed_at', 'resumed_ps_session_id'],
  'it has these columns');
select col_is_pk('fleet', 'session_handoffs', array['project', 'asked_at', 'id'], 'project, time and id are its key');
select indexes_are(
  'fleet', 'session_handoffs',
  array['session_handoffs_asked_at_idx', 'session_handoffs_pkey', 'session_handoffs_project_ps_session_id_idx'],
  'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.session_handoffs'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('session_handoffs', :'sound', '{}'), 'accepted', 'a sound row is accepted');
select is(pg_temp.refusal_of('session_handoffs', :'sound', :'written'), 'accepted', 'a written one is');
select is(pg_temp.refusal_of('session_handoffs', :'sound', :'resumed'), 'accepted', 'a resumed one is');
select is(pg_temp.refusal_of('session_handoffs', :'sound', :'timed_out'), 'accepted', 'one that timed out is');
select is(
  pg_temp.refusal_of('session_handoffs', :'sound', :'written'::jsonb || '{"timed_out_at": "2001-02-03 04:06:00+00"}'), 'accepted',
  'and one that was written after it timed out');

-- behaviour: one open handoff a session
insert into fleet.session_handoffs (project, ps_session_id, asked_at, deadline_at)
values ('one', 7, '2001-02-03 03:00+00', '2001-02-03 03:05+00');
select is(
  pg_temp.refusal_of('session_handoffs', :'sound', '{"project": "one"}'), 'session_handoffs_project_ps_session_id_idx',
  'the database refuses a second open handoff of a session');
select is(
  pg_temp.refusal_of('session_handoffs', :'sound', '{"project": "one", "ps_session_id": 8}'), 'accepted',
  'another session of the project may have one');
select is(
  pg_temp.refusal_of('session_handoffs', :'sound', '{"project": "one"}'::jsonb || :'written'), 'accepted',
  'and the same session any number of closed ones');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('session_handoffs', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 201)), 'session_handoffs_project_check', 'project of 201 characters is refused'),
  (jsonb '{"project": ""}', 'session_handoffs_project_check', 'an empty one too'),
  (jsonb_build_object('session_id', repeat('x', 200)), 'accepted', 'session_id of 200 characters is accepted'),
  (jsonb_build_object('session_id', repeat('x', 201)), 'session_handoffs_session_id_check', 'one of 201 is refused'),
  (jsonb '{"state": "open"}', 'session_handoffs_state_check', 'open is no state'),
  (jsonb '{"context_usage": 1}', 'accepted', 'a full window is accepted'),
  (jsonb '{"context_usage": 1.01}', 'session_handoffs_context_usage_check', 'a fuller one is refused'),
  (jsonb '{"context_usage": "NaN"}', 'session_handoffs_context_usage_check', 'NaN is no usage'),
  (jsonb '{"asked_at": "-infinity"}', 'session_handoffs_asked_at_check', 'it was asked at a finite time'),
  (jsonb '{"deadline_at": "infinity"}', 'session_handoffs_deadline_at_check', 'a deadline is finite'),
  (jsonb '{"deadline_at": "2001-02-03 03:59:59+00"}', 'session_handoffs_deadline_at_check', 'and not before the asking'),
  (jsonb '{"timed_out_at": "2001-02-03 04:06:00+00"}', 'session_handoffs_timed_out_at_check', 'an open one has not timed out'),
  (jsonb '{"written_at": "2001-02-03 04:03:00+00", "handoff_file_path": "/h.md"}', 'session_handoffs_written_at_check',
    'nor is it written'),
  (jsonb '{"handoff_file_path": "/h.md"}', 'session_handoffs_handoff_file_path_check', 'a file comes with its time'),
  (:'written'::jsonb || '{"handoff_file_path": null}', 'session_handoffs_handoff_file_path_check', 'and a time with its file'),
  (:'written'::jsonb || '{"handoff_file_path": ""}', 'session_handoffs_handoff_file_path_check', 'an empty file name is refused'),
  (:'written'::jsonb || jsonb_build_object('handoff_file_path', repeat('x', 4096)), 'accepted', '4096 characters are accepted'),
  (:'written'::jsonb || jsonb_build_object('handoff_file_path', repeat('x', 4097)), 'session_handoffs_handoff_file_path_check',
    '4097 are refused'),
  (:'written'::jsonb || '{"written_at": "2001-02-03 03:59:00+00"}', 'session_handoffs_duration_seconds_check',
    'a document is not written before it is asked for'),
  (:'timed_out'::jsonb || '{"timed_out_at": null}', 'session_handoffs_timed_out_at_check', 'a time-out has its time'),
  (:'timed_out'::jsonb || '{"timed_out_at": "2001-02-03 04:04:59+00"}', 'session_handoffs_timed_out_at_check',
    'which is not before the deadline'),
  (:'resumed'::jsonb || '{"resumed_at": null}', 'session_handoffs_resumed_at_check', 'resumed has its time'),
  (:'resumed'::jsonb || '{"resumed_at": "2001-02-03 04:02:59+00"}', 'session_handoffs_resumed_at_check', 'not before the document'),
  (:'resumed'::jsonb || '{"resumed_ps_session_id": null}', 'session_handoffs_resumed_ps_session_id_check', 'and its session'),
  (:'written'::jsonb || '{"resumed_ps_session_id": 8}', 'session_handoffs_resumed_ps_session_id_check', 'which others have not')
) as t (change, expected, label);

-- behaviour: the duration follows from the times
insert into fleet.session_handoffs (project, ps_session_id, state, asked_at, deadline_at, handoff_file_path, written_at)
values ('d', 7, 'written', '2001-02-03 03:00+00', '2001-02-03 03:05+00', '/h.md', '2001-02-03 03:02:30.5+00');
select is((select duration_seconds from fleet.session_handoffs where project = 'd'), 150.500000, 'the duration is computed');
select is(pg_temp.refusal($$insert into fleet.session_handoffs (project, ps_session_id, asked_at, deadline_at, duration_seconds)
  values ('d', 8, '2001-02-03 03:00+00', '2001-02-03 03:05+00', 1)$$), '428C9', 'and never told');

-- errors: what must be given
select is(
  pg_temp.refusal_of('session_handoffs', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(array['id', 'project', 'ps_session_id', 'state', 'asked_at', 'deadline_at']) as u (c);

select * from finish();

rollback;
