begin;
select plan(19);

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

create temp view past as select * from fleet.session_history union all select * from fleet.session_history_overflow;

-- contract

select has_function('fleet', 'archive_ended_sessions', array['integer', 'timestamp with time zone'], 'archive_ended_sessions takes a limit and a time');
select function_returns('fleet', 'archive_ended_sessions', 'bigint', 'it returns how many moved');
select is(pg_temp.run_as('fleet_writer', 'select fleet.archive_ended_sessions()'), '0', 'a writer may archive; of nothing, nothing moves');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.archive_ended_sessions()')$$, '42501', null, 'a reader may not');

-- behaviour

select fleet.start_session('p', 'sdk', 's1', 'h1', '/tmp/tmux', '%1', 'm1', 100000, '2026-03-02 09:00+00') as p_id \gset
select fleet.touch_session('p', 'error', '2026-03-02 09:30+00') as done \gset
select fleet.end_session('p', 'crash', p_at => '2026-03-02 10:00+00') as done \gset
create temp table before as select * from fleet.ps_sessions where project = 'p';
select fleet.start_session('alive', p_at => '2026-01-01 00:00+00') as done \gset
select is(fleet.archive_ended_sessions(p_at => '2026-03-03 10:00+00'), 0::bigint, 'an ended session stays 24 hours');
select is(fleet.archive_ended_sessions(p_at => '2026-03-03 10:00:00.000001+00'), 1::bigint, 'and one microsecond later it moves');
select is(
  (select to_jsonb(p) - 'archived_at' from past as p where p.project = 'p'), (select to_jsonb(b) from before as b),
  'it stands in session_history with every column as it was');
select is((select string_agg(project, ' ') from fleet.ps_sessions), 'alive', 'a live session never moves, however old');
select is(fleet.archive_ended_sessions(p_at => '2026-03-03 10:00:00.000001+00'), 0::bigint, 'archiving again moves nothing');
select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select is((select count(*) from fleet.session_history where project = 'p'), 1::bigint, 'a row without a partition waits in overflow until there is one');
select isnt(fleet.start_session('p', 'sdk', 's1', p_at => '2026-03-04 00:00+00'), :p_id::bigint, 'the project may start another session');

-- edges

select count(fleet.start_session('m' || i, p_at => '2026-03-02 09:00+00')) as done from generate_series(1, 5) as i \gset
select count(fleet.end_session('m' || i, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 5) as i \gset
select is(fleet.archive_ended_sessions(3, '2026-03-04 00:00+00'), 3::bigint, 'at most p_limit move a call');
select is(fleet.archive_ended_sessions(3, '2026-03-04 00:00+00'), 2::bigint, 'and the next call goes on');
select is((select count(distinct project) from past where project like 'm_'), 5::bigint, 'none was lost on the way');
select fleet.start_session('young') as done \gset
select fleet.end_session('young') as done \gset
select is(fleet.archive_ended_sessions(p_at => '9000-01-01 00:00+00'), 0::bigint, 'a time from the future moves nothing early');

-- errors

select throws_ok($$select fleet.archive_ended_sessions(0)$$, 'MF003', null, 'a limit of 0 is refused');
select throws_ok($$select fleet.archive_ended_sessions(100001)$$, 'MF003', null, 'a limit over 100,000 is refused');
select throws_ok($$select fleet.archive_ended_sessions(null)$$, 'MF003', null, 'a missing limit is refused');
select throws_ok($$select fleet.archive_ended_sessions(1, null)$$, 'MF003', null, 'a missing time is refused');

select * from finish();
rollback;
