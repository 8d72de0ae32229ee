begin;

\ir ../../support/helpers.psql

select plan(82);

\set sound '{"id": -1, "project": "p", "session_type": "cli", "started_at": "2001-02-03 04:00:00+00", "last_activity": "2001-02-03 04:00:00+00", "created_at": "2001-02-03 04:00:00+00", "updated_at": "2001-02-03 04:00:00+00", "state": "working", "state_changed_at": "2001-02-03 04:00:00+00"}'

-- contract
select has_table('fleet', 'ps_sessions', 'the table is there');
select columns_are(
  'fleet', 'ps_sessions',
  array['id', 'project', 'session_type', 'session_id', 'started_at', 'last_activity', 'last_context_check', 'context_usage',
    'estimated_tokens_used', 'estimated_tokens_total', 'created_at', 'updated_at', 'handoff_file_path', 'host', 'tmux_socket',
    'tmux_pane', 'model', 'state', 'state_changed_at', 'state_reported_at', 'ended_at', 'end_reason'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'ps_sessions', array['project'], 'one row a project, the index under the sources'' name');
select indexes_are('fleet', 'ps_sessions', array['idx_ps_sessions_project'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.ps_sessions'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('ps_sessions', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('ps_sessions', :'sound', change), expected, label)
from (values
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'ps_sessions_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'ps_sessions_project_check', 'an empty project is refused'),
  (jsonb '{"session_type": "sdk"}', 'accepted', 'sdk is a type of session'),
  (jsonb '{"session_type": "web"}', 'ps_sessions_session_type_check', 'web is none'),
  (jsonb '{"session_type": ""}', 'ps_sessions_session_type_check', 'nor is nothing'),
  (jsonb_build_object('session_id', repeat('x', 200)), 'accepted', 'session_id of 200 characters is accepted'),
  (jsonb_build_object('session_id', repeat('x', 201)), 'ps_sessions_session_id_check', 'one of 201 is refused'),
  (jsonb '{"session_id": ""}', 'ps_sessions_session_id_check', 'an empty session_id is refused'),
  (jsonb '{"started_at": "-infinity"}', 'ps_sessions_started_at_check', 'started_at cannot be -infinity'),
  (jsonb '{"last_activity": "infinity"}', 'ps_sessions_last_activity_check', 'last_activity cannot be infinity'),
  (jsonb '{"last_activity": "-infinity"}', 'ps_sessions_last_activity_check', 'last_activity cannot be -infinity'),
  (jsonb '{"last_activity": "2001-02-03 03:59:59.999999+00"}', 'ps_sessions_last_activity_check',
    'a session is not active before it started'),
  (jsonb '{"last_context_check": "infinity"}', 'ps_sessions_last_context_check_check', 'last_context_check cannot be infinity'),
  (jsonb '{"last_context_check": "-infinity"}', 'ps_sessions_last_context_check_check', 'last_context_check cannot be -infinity'),
  (jsonb '{"context_usage": 0}', 'accepted', 'an empty context window is accepted'),
  (jsonb '{"context_usage": 1}', 'accepted', 'a full one is accepted'),
  (jsonb '{"context_usage": 0.007}', 'accepted', '0.7 per cent is 0.007'),
  (jsonb '{"context_usage": 1.000001}', 'ps_sessions_context_usage_check', 'more than full is refused'),
  (jsonb '{"context_usage": -1e-06}', 'ps_sessions_context_usage_check', 'less than empty is refused'),
  (jsonb '{"context_usage": "NaN"}', 'ps_sessions_context_usage_check', 'trap 5: NaN is refused'),
  (jsonb '{"context_usage": 70}', 'ps_sessions_context_usage_check', '70 for 70 per cent is refused'),
  (jsonb '{"estimated_tokens_used": 0, "estimated_tokens_total": 200000}', 'accepted', 'no tokens used is accepted'),
  (jsonb '{"estimated_tokens_used": 200000, "estimated_tokens_total": 200000}', 'accepted', 'all tokens used is accepted'),
  (jsonb '{"estimated_tokens_used": 200001, "estimated_tokens_total": 200000}', 'ps_sessions_estimated_tokens_total_check',
    'more used than there are is refused'),
  (jsonb '{"estimated_tokens_used": -1}', 'ps_sessions_estimated_tokens_used_check', 'fewer than none is refused'),
  (jsonb '{"estimated_tokens_total": 1}', 'accepted', 'a window of one token is accepted'),
  (jsonb '{"estimated_tokens_total": 0}', 'ps_sessions_estimated_tokens_total_check', 'a window of none is refused'),
  (jsonb '{"estimated_tokens_used": 5, "estimated_tokens_total": null}', 'accepted', 'tokens may be known where the window is not'),
  (jsonb_build_object('handoff_file_path', repeat('x', 4096)), 'accepted', 'handoff_file_path of 4096 characters is accepted'),
  (jsonb_build_object('handoff_file_path', repeat('x', 4097)), 'ps_sessions_handoff_file_path_check', 'one of 4097 is refused'),
  (jsonb '{"handoff_file_path": ""}', 'ps_sessions_handoff_file_path_check', 'an empty handoff_file_path is refused'),
  (jsonb_build_object('host', repeat('x', 255)), 'accepted', 'host of 255 characters is accepted'),
  (jsonb_build_object('host', repeat('x', 256)), 'ps_sessions_host_check', 'one of 256 is refused'),
  (jsonb '{"host": ""}', 'ps_sessions_host_check', 'an empty host is refused'),
  (jsonb_build_object('tmux_socket', repeat('x', 4096)), 'accepted', 'tmux_socket of 4096 characters is accepted'),
  (jsonb_build_object('tmux_socket', repeat('x', 4097)), 'ps_sessions_tmux_socket_check', 'one of 4097 is refused'),
  (jsonb '{"tmux_socket": ""}', 'ps_sessions_tmux_socket_check', 'an empty tmux_socket is refused'),
  (jsonb_build_object('tmux_pane', repeat('x', 200)), 'accepted', 'tmux_pane of 200 characters is accepted'),
  (jsonb_build_object('tmux_pane', repeat('x', 201)), 'ps_sessions_tmux_pane_check', 'one of 201 is refused'),
  (jsonb '{"tmux_pane": ""}', 'ps_sessions_tmux_pane_check', 'an empty tmux_pane is refused'),
  (jsonb_build_object('model', repeat('x', 200)), 'accepted', 'model of 200 characters is accepted'),
  (jsonb_build_object('model', repeat('x', 201)), 'ps_sessions_model_check', 'one of 201 is refused'),
  (jsonb '{"model": ""}', 'ps_sessions_model_check', 'an empty model is refused'),
  (jsonb '{"state": "idle"}', 'accepted', 'idle is a state'),
  (jsonb '{"state": "needs_input"}', 'accepted', 'needs_input is a state'),
  (jsonb '{"state": "error"}', 'accepted', 'error is a state'),
  (jsonb '{"state": "asleep"}', 'ps_sessions_state_check', 'asleep is none'),
  (jsonb '{"state": ""}', 'ps_sessions_state_check', 'nor is nothing'),
  (jsonb '{"state_changed_at": "infinity"}', 'ps_sessions_state_changed_at_check', 'state_changed_at cannot be infinity'),
  (jsonb '{"state_changed_at": "-infinity"}', 'ps_sessions_state_changed_at_check', 'state_changed_at cannot be -infinity'),
  (jsonb '{"state_reported_at": "infinity"}', 'ps_sessions_state_reported_at_check', 'state_reported_at cannot be infinity'),
  (jsonb '{"state_reported_at": "-infinity"}', 'ps_sessions_state_reported_at_check', 'state_reported_at cannot be -infinity'),
  (jsonb '{"ended_at": "2001-02-03 04:00:00+00", "end_reason": "x"}', 'accepted', 'a session may end when it started'),
  (jsonb '{"ended_at": "2001-02-03 03:59:59+00", "end_reason": "x"}', 'ps_sessions_ended_at_check', 'not before'),
  (jsonb '{"ended_at": "infinity", "end_reason": "x"}', 'ps_sessions_ended_at_check', 'ended_at cannot be infinity'),
  (jsonb '{"ended_at": "-infinity", "end_reason": "x"}', 'ps_sessions_ended_at_check', 'ended_at cannot be -infinity'),
  (jsonb '{"ended_at": "2001-02-03 04:00:00+00"}', 'ps_sessions_end_reason_check', 'an end has a reason'),
  (jsonb '{"end_reason": "x"}', 'ps_sessions_end_reason_check', 'a reason has an end'),
  (jsonb '{"ended_at": "2001-02-03 04:00:00+00", "end_reason": ""}', 'ps_sessions_end_reason_check', 'an empty reason is refused'),
  (jsonb_build_object('ended_at', '2001-02-03 04:00:00+00', 'end_reason', repeat('x', 1000)), 'accepted',
    'a reason of 1000 characters is accepted'),
  (jsonb_build_object('ended_at', '2001-02-03 04:00:00+00', 'end_reason', repeat('x', 1001)), 'ps_sessions_end_reason_check',
    'one of 1001 is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('ps_sessions', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['id', 'project', 'session_type', 'started_at', 'last_activity', 'created_at', 'updated_at', 'state', 'state_changed_at',
    'state_reported_at']
) as u (c);

-- behaviour
insert into fleet.ps_sessions (project) values ('p');
select results_eq(
  $$select session_type, state, estimated_tokens_total, started_at, last_activity, created_at, ended_at,
  context_usage from fleet.ps_sessions$$,
  $$values ('cli', 'working', 200000::bigint, now(), now(), now(), null::timestamptz, null::numeric)$$,
  'a row that names its project alone is a live session of now with a window of 200,000 tokens');
select is(
  pg_temp.refusal($$insert into fleet.ps_sessions (project) values ('p')$$), 'idx_ps_sessions_project',
  'a project has one session at a time');
select is(
  pg_temp.refusal($$insert into fleet.ps_sessions (id, project) values (1, 'q')$$), '428C9', 'nobody chooses an id');
select ok(
  (select obj_description('fleet.ps_sessions'::regclass, 'pg_class') ~ 'idx_ps_sessions_last_activity.*idx_ps_sessions_context_usage'),
  'the comment answers for the sources'' indexes that do not exist');

select * from finish();

rollback;
