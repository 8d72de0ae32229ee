begin;
select plan(27);

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

create function pg_temp.needing(p_at timestamptz) returns text language sql as $$
  select string_agg(n.project, ' ' order by n.no)
  from fleet.get_sessions_needing_context_check(p_at)
    with ordinality as n (project, session_type, session_id, minutes_since_check, current_usage, last_activity, host, tmux_socket, tmux_pane, no)
$$;

-- contract

select has_function('fleet', 'get_sessions_needing_context_check', array['timestamp with time zone'], 'get_sessions_needing_context_check takes a time');
select volatility_is('fleet', 'get_sessions_needing_context_check', array['timestamp with time zone'], 'stable', 'it only reads');
select is(pg_temp.run_as('fleet_reader', 'select count(*) from fleet.get_sessions_needing_context_check()'), '0', 'a reader may ask, as of now where no time is given');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'select count(*) from fleet.get_sessions_needing_context_check()')$$, '42501', null, 'a writer may not');

-- behaviour

select fleet.start_session('p', 'sdk', 's1', 'h', '/tmp/tmux', '%3', p_at => '2026-03-02 09:00+00') as done \gset
select results_eq($$select * from fleet.get_sessions_needing_context_check('2026-03-02 09:00+00')$$,
  $$values ('p', 'sdk', 's1', null::numeric, null::numeric, timestamptz '2026-03-02 09:00+00', 'h', '/tmp/tmux', '%3')$$,
  'a session that was never read needs it, with where to ask');
select is(pg_temp.needing('2026-03-02 08:59:59.999999+00'), null, 'not before it started');
select fleet.update_session_context('p', 31.6, 63153, 200000, '2026-03-02 09:01+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:01+00'), null, 'one that was just read does not');
select is(pg_temp.needing('2026-03-02 09:10:59.999999+00'), null, 'nor for ten minutes');
select results_eq($$select project, minutes_since_check, current_usage from fleet.get_sessions_needing_context_check('2026-03-02 09:11+00')$$,
  $$values ('p', 10.00, 0.316)$$, 'at ten minutes exactly it does');
select results_eq($$select project, minutes_since_check from fleet.get_sessions_needing_context_check('2026-03-09 09:01+00')$$,
  $$values ('p', 10080.00)$$, 'trap 3: one that has been silent for a week stays in');
select fleet.touch_session('p', p_at => '2026-03-02 09:30+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:31+00'), 'p', 'a sign of life is no reading');
select fleet.update_session_context('p', 20, 40000, 200000, '2026-03-02 09:00:30+00') as done \gset
select results_eq($$select minutes_since_check from fleet.get_sessions_needing_context_check('2026-03-02 09:31+00')$$, 'values (30.00)', 'a late reading does not count');
select fleet.start_session('never', p_at => '2026-03-02 09:30+00') as done \gset
select fleet.start_session('long', p_at => '2026-03-02 08:00+00') as done \gset
select fleet.update_session_context('long', 31.6, 63153, 200000, '2026-03-02 08:01+00') as done \gset
select fleet.start_session('also never', p_at => '2026-03-02 09:30+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:31+00'), 'also never never long p', 'never read come first, then the longest unread');
select fleet.end_session('long', p_at => '2026-03-02 09:30+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:31+00'), 'also never never p', 'an ended session needs none');
select fleet.register_spawn('spawns-only', 't', p_at => '2026-03-02 09:00+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:31+00'), 'also never never p', 'nor does a project without one');
update fleet.time_limits set duration = interval '2 seconds' where name = 'context_check_interval';
select fleet.update_session_context('p', 20, 40000, 200000, '2026-03-02 09:32+00') as done \gset
select is(pg_temp.needing('2026-03-02 09:32:02+00'), 'also never never p', 'how long a reading holds is a row');
select is(pg_temp.needing('2026-03-02 09:32:01+00'), 'also never never', 'to the second');
delete from fleet.time_limits where name = 'context_check_interval';
select is(pg_temp.needing('2026-03-02 09:41:59+00'), 'also never never', 'where it was deleted ten minutes hold');
select is(pg_temp.needing('2026-03-02 09:42+00'), 'also never never p', 'exactly');

-- edges

set local timezone = 'Asia/Kathmandu';
select results_eq($$select minutes_since_check from fleet.get_sessions_needing_context_check('2026-03-02 09:42+00') where project = 'p'$$, 'values (10.00)',
  'minutes do not depend on the session''s time zone');
reset timezone;
alter table fleet.ps_sessions drop constraint ps_sessions_started_at_check, drop constraint ps_sessions_last_activity_check, drop constraint ps_sessions_last_context_check_check;
insert into fleet.ps_sessions (project, started_at, last_activity, last_context_check) values
  ('minus', '-infinity', '-infinity', '-infinity'), ('plus', 'infinity', 'infinity', 'infinity');
select results_eq($$select project, minutes_since_check from fleet.get_sessions_needing_context_check('2026-03-02 09:42+00') where project in ('minus', 'plus')$$,
  $$values ('minus', null::numeric), ('plus', null::numeric)$$, 'trap 11: rows with infinities planted stop nothing and are not dropped');
delete from fleet.ps_sessions;
select is(pg_temp.needing('2026-03-02 09:42+00'), null, 'an empty fleet needs nothing');

-- errors

select throws_ok($$select * from fleet.get_sessions_needing_context_check(null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.get_sessions_needing_context_check('infinity')$$, 'MF003', null, 'an infinite time is refused');
select throws_ok($$select * from fleet.get_sessions_needing_context_check('-infinity')$$, 'MF003', null, 'of either kind');
select throws_ok($$select * from fleet.get_sessions_needing_context_check('1999-12-31 00:00+00')$$, 'MF003', null, 'so is one before 2000');
select throws_ok($$insert into fleet.time_limits values ('context_check_interval', '-1 second', 'd')$$, '23514', null, 'a limit below nothing is refused');

select * from finish();
rollback;
