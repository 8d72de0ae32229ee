begin;

\ir ../../support/helpers.psql

select plan(10);

-- contract
select has_function('fleet_internal', 'list_sessions', array['text'], 'list_sessions takes its arguments in this order');
select function_returns('fleet_internal', 'list_sessions', array['text'], 'setof record', 'it returns setof record');
select volatility_is('fleet_internal', 'list_sessions', array['text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'list_sessions', array['text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.list_sessions(text)'), '{}'::text[], 'nobody but its owner may call it');

create table fleet.session_history_a partition of fleet.session_history for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
insert into fleet.ps_sessions (id, project, session_id, started_at, last_activity) overriding system value
values
  (-1, 'p', 'one', '2001-02-03 04:00+00', '2001-02-03 04:00+00'),
  (-2, 'q', 'one', '2001-02-03 04:00+00', '2001-02-03 04:00+00');
select lives_ok($$select fleet_internal.archive_session('p', '2001-02-05 04:00+00', 'replaced')$$, 'a session is past');
insert into fleet.ps_sessions (id, project, session_id, started_at, last_activity) overriding system value
values (-3, 'p', 'two', '2001-02-05 04:00+00', '2001-02-05 04:00+00');
select lives_ok($$select fleet_internal.archive_session('p', '2001-03-05 04:00+00', 'replaced')$$, 'one has no partition');
insert into fleet.ps_sessions (id, project, started_at, last_activity) overriding system value
values (-4, 'p', '2001-03-05 04:00+00', '2001-03-05 04:00+00');

-- behaviour
select bag_eq(
  $$select id, session_id, started_at, ended_at from fleet_internal.list_sessions('p')$$,
  $$values
    (-1::bigint, 'one', timestamptz '2001-02-03 04:00+00', timestamptz '2001-02-05 04:00+00'),
    (-3, 'two', '2001-02-05 04:00+00', '2001-03-05 04:00+00'),
    (-4, null, '2001-03-05 04:00+00', null)$$,
  'all sessions of the project, live and past, from partitions and overflow; one that lives has no end');

-- edges
select is_empty($$select * from fleet_internal.list_sessions('nobody')$$, 'a project without sessions has none');
select is_empty($$select * from fleet_internal.list_sessions(null)$$, 'no project has none');

select * from finish();

rollback;
