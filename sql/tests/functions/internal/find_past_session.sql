begin;

\ir ../../support/helpers.psql

select plan(20);

-- contract
select has_function(
  'fleet_internal', 'find_past_session', array['text', 'timestamp with time zone'],
  'find_past_session takes its arguments in this order');
select function_returns('fleet_internal', 'find_past_session', array['text', 'timestamp with time zone'], 'setof record', 'it returns setof record');
select volatility_is(
  'fleet_internal', 'find_past_session', array['text', 'timestamp with time zone'], 'stable',
  'it only reads');
select isnt_definer('fleet_internal', 'find_past_session', array['text', 'timestamp with time zone'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.find_past_session(text,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.session_history_a partition of fleet.session_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.session_history (id, project, session_type, started_at, last_activity, estimated_tokens_total, ended_at, end_reason, created_at, updated_at, state, state_changed_at, state_reported_at, archived_at)
values
  (-1, 'p', 'cli', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 100000, '2001-02-03 05:00+00', 'completed', now(), now(), 'idle', now(), now(), now()),
  (-2, 'p', 'cli', '2001-02-03 05:00+00', '2001-02-03 05:00+00', null, '2001-02-03 06:00+00', 'replaced', now(), now(), 'idle', now(), now(), now()),
  (-9, 'q', 'cli', '2001-02-03 04:00+00', '2001-02-03 04:00+00', 300000, '2001-02-03 20:00+00', 'completed', now(), now(), 'idle', now(), now(), now());
insert into fleet.session_history_overflow (id, project, session_type, started_at, last_activity, estimated_tokens_total, ended_at, end_reason, created_at, updated_at, state, state_changed_at, state_reported_at, archived_at)
values (-3, 'p', 'cli', '2001-03-03 04:00+00', '2001-03-03 04:00+00', 400000, '2001-03-03 05:00+00', 'completed', now(), now(), 'idle', now(), now(), now());
insert into fleet.ps_sessions (id, project, started_at, last_activity, estimated_tokens_total, ended_at, end_reason) overriding system value
values
  (-4, 'p', '2001-04-03 04:00+00', '2001-04-03 04:00+00', 500000, '2001-04-03 05:00+00', 'completed'),
  (-5, 'live', '2001-04-03 04:00+00', '2001-04-03 04:00+00', 500000, null, null);

-- behaviour
select is((select concat_ws(' ', f.id, f.tokens_total) from fleet_internal.find_past_session(p, at::timestamptz) as f), expected, label)
from (values
  ('p', '2001-02-03 04:30+00', '-1 100000', 'a session of the history is found, with the size of its window'),
  ('p', '2001-02-03 05:30+00', '-2', 'one that never told its size is found without'),
  ('p', '2001-03-03 04:30+00', '-3 400000', 'one in the overflow is found'),
  ('p', '2001-04-03 04:30+00', '-4 500000', 'one that has ended and is not archived yet is found'),
  ('p', '2001-02-03 04:00+00', '-1 100000', 'it lived when it started'),
  ('p', '2001-02-03 05:00+00', '-2', 'where one took over from another the later is meant'),
  ('p', '2001-02-03 06:00+00', '-2', 'and it lived when it ended'),
  ('p', '2001-02-03 03:59:59.999999+00', null, 'not before'),
  ('p', '2001-02-03 06:00:00.000001+00', null, 'not after'),
  ('p', '2001-04-03 05:00:00.000001+00', null, 'nor after the last'),
  ('live', '2001-04-03 04:30+00', null, 'one that lives is no past one'),
  ('nobody', '2001-02-03 04:30+00', null, 'an unknown project has none'),
  (null, '2001-02-03 04:30+00', null, 'nor has none'),
  ('p', null, null, 'at no time none lived'),
  ('p', 'infinity', null, 'nor for ever')
) as t (p, at, expected, label);

select * from finish();

rollback;
