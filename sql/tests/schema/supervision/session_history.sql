begin;

\ir ../../support/helpers.psql

select plan(42);

\set sound '{"id": -1, "project": "p", "session_type": "cli", "started_at": "2001-02-03 04:00:00+00", "last_activity": "2001-02-03 04:00:00+00", "created_at": "2001-02-03 04:00:00+00", "updated_at": "2001-02-03 04:00:00+00", "state": "idle", "state_changed_at": "2001-02-03 04:00:00+00", "state_reported_at": "2001-02-03 04:00:00+00", "ended_at": "2001-02-03 04:00:00+00", "end_reason": "x", "archived_at": "2001-02-03 04:00:00+00"}'

-- contract
select has_table('fleet', 'session_history', 'the table is there');
select columns_are(
  'fleet', 'session_history',
  array['id', 'project', 'session_type', 'session_id', 'started_at', 'last_activity', 'last_context_check', 'context_usage',
    'estimated_tokens_used', 'estimated_tokens_total', 'created_at', 'updated_at', 'handoff_file_path', 'host', 'tmux_socket',
    'tmux_pane', 'model', 'state', 'state_changed_at', 'state_reported_at', 'ended_at', 'end_reason', 'archived_at'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'session_history', array['project', 'ended_at', 'id'], 'project, end and id are its key');
select indexes_are(
  'fleet', 'session_history', array['session_history_pkey', 'session_history_project_session_id_idx'],
  'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.session_history'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

create table fleet.session_history_a partition of fleet.session_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
select is(pg_temp.refusal_of('session_history', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('session_history', :'sound', change), expected, label)
from (values
  (jsonb '{"ended_at": "2001-02-03 03:59:59+00"}', 'session_history_ended_at_check', 'an end before the start is refused'),
  (jsonb '{"ended_at": "2001-02-03 04:00:00.000001+00"}', 'accepted', 'an end after it is accepted')
) as t (change, expected, label);

-- edges: the overflow table refuses the same
select is(pg_temp.refusal_of('session_history_overflow', :'sound', change), expected, label)
from (values
  (jsonb '{"ended_at": "2001-02-03 03:59:59+00"}', 'session_history_ended_at_check', 'an end before the start is refused'),
  (jsonb '{"ended_at": "2001-02-03 04:00:00.000001+00"}', 'accepted', 'an end after it is accepted')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('session_history', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['id', 'project', 'session_type', 'started_at', 'last_activity', 'created_at', 'updated_at', 'state', 'state_changed_at',
    'state_reported_at', 'end_reason', 'archived_at']
) as u (c);

select is(
  pg_temp.refusal_of('session_history_overflow', :'sound', jsonb_build_object(c, null)), '23502 ' || c,
    c || ' must be given in the overflow too')
from unnest(
  array['id', 'project', 'session_type', 'started_at', 'last_activity', 'created_at', 'updated_at', 'state', 'state_changed_at',
    'state_reported_at', 'ended_at', 'end_reason', 'archived_at']
) as u (c);

-- behaviour
select is(
  pg_temp.refusal_of('session_history', :'sound', '{"ended_at": "2001-03-01 00:00:00+00"}'), '23514',
    'a row without a partition is refused by the table');
select is(
  pg_temp.refusal_of('session_history_overflow', :'sound', '{"ended_at": "2001-03-01 00:00:00+00"}'), 'accepted',
    'and taken by the overflow');
select columns_are(
  'fleet', 'session_history_overflow',
  array['id', 'project', 'session_type', 'session_id', 'started_at', 'last_activity', 'last_context_check', 'context_usage',
    'estimated_tokens_used', 'estimated_tokens_total', 'created_at', 'updated_at', 'handoff_file_path', 'host', 'tmux_socket',
    'tmux_pane', 'model', 'state', 'state_changed_at', 'state_reported_at', 'ended_at', 'end_reason', 'archived_at'],
  'the overflow has the same columns');
select is(
  pg_temp.grants('fleet.session_history_overflow'), array['fleet_reader SELECT'],
  'readers may select from the overflow, nobody else');
select is(
  (select count(*) from pg_partitioned_table as p where p.partrelid = 'fleet.session_history'::regclass and p.partdefid <> 0), 0::bigint,
  'trap 16: there is no default partition');
select is(
  pg_temp.refusal_of('session_history_overflow', :'sound', jsonb_build_object('ended_at', at)), 'session_history_ended_at_check',
  label)
from (values ('infinity', 'ended_at cannot be infinity'), ('-infinity', 'ended_at cannot be -infinity')) as t (at, label);

select * from finish();

rollback;
