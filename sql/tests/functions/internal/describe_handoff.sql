begin;

\ir ../../support/helpers.psql

select plan(6);

-- contract
select has_function('fleet_internal', 'describe_handoff', array['fleet.session_handoffs'], 'describe_handoff takes a handoff');
select volatility_is('fleet_internal', 'describe_handoff', array['fleet.session_handoffs'], 'stable', 'it only reads');
select is(
  pg_temp.callers('fleet_internal.describe_handoff(fleet.session_handoffs)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
insert into fleet.session_handoffs (id, project, ps_session_id, session_id, state, context_usage, asked_at, deadline_at, handoff_file_path, written_at)
overriding system value
values (-1, 'p', 7, 's', 'written', 0.9, '2001-02-03 04:00+00', '2001-02-03 04:05+00', '/h.md', '2001-02-03 04:03+00');
select is(
  (select fleet_internal.describe_handoff(h) from fleet.session_handoffs as h),
  '{"handoff_id": -1, "ps_session_id": 7, "session_id": "s", "state": "written", "context_usage": 0.9,
    "asked_at": "2001-02-03T04:00:00.000000Z", "deadline_at": "2001-02-03T04:05:00.000000Z", "handoff_file_path": "/h.md",
    "duration_seconds": 180.000000}'::jsonb,
  'it says whose, how full, when in UTC, which file and how long it took');

-- edges
select is(
  fleet_internal.describe_handoff(jsonb_populate_record(null::fleet.session_handoffs, '{"id": 1, "state": "asked"}')),
  '{"handoff_id": 1, "state": "asked"}'::jsonb, 'what is not known is left out');

-- errors
select is(fleet_internal.describe_handoff(null), '{}'::jsonb, 'of nothing it says nothing');

select * from finish();

rollback;
