-- The traps that the original systems fell into, as far as they concern what exists. Each test bears the number of its
-- trap; where the naive form can be run beside ours, it is, and shown to fall in.
begin;
select plan(77);

create function pg_temp.answer(p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute p_sql into v_answer;
  return coalesce(v_answer, 'silent no-op');
exception
  when others then
    return sqlstate;
end
$$;

-- 1. a spawn created a second ago was listed as stalled, because it had no output yet

select fleet.register_spawn('trap1', 'fresh', p_at => '2026-03-02 10:00+00') as done \gset
select isnt_empty(
  $$select 1 from fleet.active_spawns
    where project = 'trap1' and (last_output_change < timestamptz '2026-03-02 10:00:01+00' - interval '15 minutes' or last_output_change is null)$$,
  'trap 1: the naive query lists a spawn of a second ago');
select is_empty($$select 1 from fleet.get_stalled_spawns('trap1', '2026-03-02 10:00:01+00')$$,
  'trap 1: a spawn of a second ago is not stalled');
select is_empty($$select 1 from fleet.mark_stalled_spawns('trap1', '2026-03-02 10:00:01+00')$$, 'trap 1: nor is it marked');
select is((select status from fleet.run_check('spawn', '2026-03-02 10:00:01+00') where subject like 'trap1%'), 'ok', 'trap 1: nor is it a finding');
select isnt_empty($$select 1 from fleet.get_stalled_spawns('trap1', '2026-03-02 10:15+00')$$,
  'trap 1: one that has never written is stalled 15 minutes after it was spawned');

-- 2. a project whose only spawn ended 90 days ago stayed an active target for ever

select fleet.register_spawn('trap2', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('trap2', 't', p_at => '2026-03-02 10:10+00') as done \gset
select is_empty($$select 1 from fleet.run_check('spawn', '2026-05-31 10:10+00') where subject like 'trap2%'
  union all select 1 from fleet.run_check('orphaned_work', '2026-05-31 10:10+00') where subject like 'trap2%'
  union all select 1 from fleet.list_output_files(null) where project = 'trap2'$$,
  'trap 2: a project whose only spawn has ended is watched no longer');
select isnt_empty($$select 1 from (
    select coalesce(s.project, a.project) as project from fleet.ps_sessions as s full join fleet.active_spawns as a on a.project = s.project) as naive
    where project = 'trap2'$$, 'trap 2: joined naively it is a target still');
select is_empty($$select 1 from fleet.active_monitoring_targets where project = 'trap2'$$, 'trap 2: ours does not list it');
select fleet.archive_ended_spawns(p_at => '2026-05-31 10:10+00') as done \gset
select is_empty($$select 1 from fleet.active_spawns where project = 'trap2'$$, 'trap 2: and after a day nothing of it is active');
select fleet.register_spawn('trap2', 'next', p_at => '2026-05-31 10:00+00') as done \gset
select is((select active_spawns_count from fleet.active_monitoring_targets where project = 'trap2'), 1::bigint,
  'trap 2: until it spawns again, and then its open spawns alone are counted');
select fleet.complete_spawn('trap2', 'next', p_at => '2026-05-31 10:05+00') as done \gset

-- 3. a session idle for over an hour, the hung one, was dropped

select fleet.start_session('trap3', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.register_spawn('trap3', 't', p_at => '2026-03-02 09:00+00') as done \gset
select is((select status from fleet.run_check('spawn', '2026-03-03 09:00+00') where subject = 'trap3/t'), 'critical',
  'trap 3: who has been silent for a day is found, not dropped');
select is_empty(
  $$select 1 from fleet.ps_sessions
    where project = 'trap3' and last_activity > timestamptz '2026-03-03 09:00+00' - interval '1 hour'
      and (last_context_check is null or last_context_check < timestamptz '2026-03-03 09:00+00' - interval '10 minutes')$$,
  'trap 3: the naive query drops it from context checks');
select isnt_empty($$select 1 from fleet.get_sessions_needing_context_check('2026-03-03 09:00+00') where project = 'trap3'$$,
  'trap 3: ours keeps it');
select is((select status from fleet.run_check('context', '2026-03-03 09:00+00') where subject = 'trap3'), 'warning',
  'trap 3: and check type context warns of it');

-- 4. updating an unknown project did nothing, silently

select is(pg_temp.answer(c.call), 'MF001', 'trap 4: an unknown project is an error of its own: ' || c.call)
from (values
  (1, $$select fleet.touch_session('trap4')$$),
  (2, $$select fleet.end_session('trap4')$$),
  (3, $$select fleet.complete_spawn('trap4', 't')$$),
  (4, $$select fleet.fail_spawn('trap4', 't', 'x')$$),
  (5, $$select fleet.abandon_spawn('trap4', 't', 'x')$$),
  (6, $$select fleet.record_spawn_output('trap4', 't')$$),
  (7, $$select count(*) from fleet.mark_stalled_spawns('trap4')$$),
  (8, $$select count(*) from fleet.get_stalled_spawns('trap4')$$),
  (9, $$select fleet.request_session_handoff('trap4')$$),
  (10, $$select fleet.record_session_handoff('trap4', '/h.md')$$),
  (11, $$select id from fleet.resume_session_handoff('trap4')$$),
  (12, $$select count(*) from fleet.expire_session_handoffs('trap4')$$),
  (13, $$select fleet.record_check_response('trap4', 1, 'x')$$),
  (14, $$select fleet.update_session_context('trap4', 31.6, 63153, 200000)$$),
  (15, $$select fleet.report_context_text('trap4', 'Context: 31.6%')$$),
  (16, $$select count(*) from fleet.get_context_zone('trap4')$$),
  (17, $$select count(*) from fleet.get_context_forecast('trap4')$$)) as c (no, call)
order by c.no;
select is((select outcome from fleet.record_spawn_outputs(array['trap4'], array['t'], array[now()])), 'unknown',
  'trap 4: in a batch an unknown project is an outcome');
select is(pg_temp.answer(c.call), 'MF002', 'trap 4: an unknown task of a known project is another error: ' || c.call)
from (values
  (1, $$select fleet.complete_spawn('trap3', 'nothing')$$),
  (2, $$select fleet.fail_spawn('trap3', 'nothing', 'x')$$),
  (3, $$select fleet.abandon_spawn('trap3', 'nothing', 'x')$$),
  (4, $$select fleet.record_spawn_output('trap3', 'nothing')$$)) as c (no, call)
order by c.no;

-- 5. 101 % raised a raw constraint error; NaN passes check (x >= 0); 0.7 may mean 70 % or 0.7 %

select ok('NaN'::float8 >= 0, 'trap 5: NaN passes the naive check');
select throws_ok(format($$update fleet.ps_sessions set context_usage = %L where project = 'trap3'$$, u.usage), '23514', null,
  'trap 5: a context usage of ' || u.usage || ' is refused')
from (values (1, 'NaN'), (2, '1.01'), (3, '-0.01')) as u (no, usage)
order by u.no;
select throws_ok(format('select fleet.update_session_context(%L, %s, %s, %s)', 'trap3', u.percentage, u.used, u.total), 'MF003', null,
  'trap 5: ' || u.label)
from (values
  (1, '101', '200000', '200000', '101 per cent is refused by name, not by a constraint'),
  (2, '''NaN''', 'null', 'null', 'NaN is refused'),
  (3, '0.7', '140000', '200000', '0.7 for 70 per cent is refused where the tokens say otherwise'),
  (4, '68.9', '140000', '200000', 'so is what is over a point apart'),
  (5, '100', '200001', '200000', 'and more tokens than there are')) as u (no, percentage, used, total, label)
order by u.no;
select fleet.update_session_context('trap3', 0.7, null, p_at => '2026-03-02 09:01+00') as done \gset
select is((select context_usage from fleet.ps_sessions where project = 'trap3'), 0.007, 'trap 5: 0.7 is 0.7 per cent, never 70');

-- 6. any text was accepted as check type, status, ...

select throws_ok(c.call, 'MF004', null, 'trap 6: not any text is accepted: ' || c.call)
from (values
  (1, $$select fleet.record_health_check('trap6', 'anything', 'ok')$$),
  (2, $$select fleet.record_health_check('trap6', 'spawn', 'anything')$$),
  (3, $$select * from fleet.run_check('anything')$$),
  (4, $$select fleet.touch_session('trap3', 'anything')$$),
  (5, $$select fleet.record_spawn_output('trap3', 't', p_problem => 'anything')$$)) as c (no, call)
order by c.no;
select throws_ok($$update fleet.active_spawns set status = 'anything' where project = 'trap3'$$, '23514', null, 'trap 6: nor by the owner''s hand as a status');
select throws_ok($$update fleet.ps_sessions set session_type = 'anything' where project = 'trap3'$$, '23514', null, 'trap 6: nor as a session type');
select throws_ok($$update fleet.ps_sessions set state = 'anything' where project = 'trap3'$$, '23514', null, 'trap 6: nor as a state');

-- 10. a retried spawn kept the old exit code and completion time

select fleet.register_spawn('trap10', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.record_spawn_output('trap10', 't', '2026-03-02 10:05+00', 'fatal: no', 'oversized', '2026-03-02 10:06+00') as done \gset
select fleet.fail_spawn('trap10', 't', 'fatal: no', 9, 'bug', p_at => '2026-03-02 10:10+00') as done \gset
select fleet.register_spawn('trap10', 't', p_at => '2026-03-02 11:00+00') as done \gset
select results_eq(
  $$select status, attempt, exit_code, error_message, failure_reason, completed_at, last_output_change, error_line, output_problem, last_checked_at
    from fleet.active_spawns where project = 'trap10'$$,
  $$values ('running', 2, null::integer, null::text, null::text, null::timestamptz, null::timestamptz, null::text, null::text, null::timestamptz)$$,
  'trap 10: a retried spawn starts with nothing of the earlier attempt');
select is((select status from fleet.run_check('spawn', '2026-03-02 11:01+00') where subject like 'trap10%'), 'ok', 'trap 10: and is not blamed for it');
select is((select exit_code from fleet.spawns where project = 'trap10' and attempt = 1), 9, 'trap 10: the earlier attempt keeps its exit code');

-- 11. one row with timestamp '-infinity' made a whole project's stall query fail

select is(pg_temp.answer($$select fleet.register_spawn('trap11', 't', p_at => '-infinity')$$), 'MF003', 'trap 11: no function takes -infinity');
select throws_ok($$insert into fleet.active_spawns (project, task_id, spawn_time) values ('trap11', 't', '-infinity')$$, '23514', null,
  'trap 11: nor does the table, from its owner');
alter table fleet.active_spawns drop constraint active_spawns_spawn_time_check, drop constraint active_spawns_last_output_change_check;
insert into fleet.active_spawns (project, task_id, spawn_time, last_output_change) values
  ('trap11', 'minus', '-infinity', null), ('trap11', 'plus', '2026-03-02 10:00+00', 'infinity'), ('trap11', 'ok', '2026-03-02 10:00+00', null);
select is((select string_agg(task_id, ' ' order by task_id) from fleet.get_stalled_spawns('trap11', '2026-03-02 10:15+00')), 'minus ok',
  'trap 11: with such a row planted the stall query still answers');
select is((select count(*) from fleet.run_check('spawn', '2026-03-02 10:15+00') where status = 'unknown'), 0::bigint, 'trap 11: and the check still runs');
select is((select count(*) from fleet.run_check('orphaned_work', '2026-03-02 10:15+00') where status = 'unknown'), 0::bigint, 'trap 11: both checks do');

-- 12. greatest(last_heartbeat, now()) kept a dead one alive after one clock jump

select fleet.register_spawn('trap12', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(fleet.record_spawn_output('trap12', 't', '2300-01-01 00:00+00', p_at => '2026-03-02 10:05+00'), 'future', 'trap 12: a file time from the future is not believed');
select is((select last_output_change from fleet.active_spawns where project = 'trap12'), null, 'trap 12: nor stored');
select isnt_empty($$select 1 from fleet.get_stalled_spawns('trap12', '2026-03-02 10:15+00')$$, 'trap 12: so the dead one is found');
select fleet.start_session('trap12', p_at => '2300-01-01 00:00+00') as done \gset
select fleet.touch_session('trap12', p_at => '2300-01-01 00:00+00') as done \gset
select ok((select greatest(started_at, last_activity) <= clock_timestamp() from fleet.ps_sessions where project = 'trap12'),
  'trap 12: no session lives in the future');
select fleet.register_spawn('trap12', 'ahead', p_at => '2300-01-01 00:00+00') as done \gset
select ok((select spawn_time <= clock_timestamp() from fleet.active_spawns where project = 'trap12' and task_id = 'ahead'), 'trap 12: no spawn is born there');
select fleet.complete_spawn('trap12', 'ahead', p_at => '2300-01-01 00:00+00') as done \gset
select ok((select completed_at <= clock_timestamp() from fleet.active_spawns where project = 'trap12' and task_id = 'ahead'), 'trap 12: nor does one end there');
select is((select count(*) from fleet.list_clock_anomalies() where routing_key = 'trap12'), 5::bigint, 'trap 12: each claim is recorded');

-- 14. batches that lock rows in the caller's order deadlock (tests/ shows it with two connections)

select count(fleet.register_spawn('trap14', 't' || i, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 9) as i \gset
select results_eq(
  $$select task_id from fleet.record_spawn_outputs(array_fill('trap14'::text, array[3]), array['t3', 't1', 't2'], array_fill(timestamptz '2026-03-02 10:01+00', array[3]))$$,
  $$values ('t1'), ('t2'), ('t3')$$, 'trap 14: a batch is worked off in the order of its keys, not of its caller');
select is_empty(
  $$select p.proname from pg_catalog.pg_proc as p
    where p.pronamespace = 'fleet'::regnamespace and (p.proretset or p.proname like 'archive_ended%') and p.proname <> 'purge_partition' /* one row */ and p.prosrc ~* 'for\s+(no\s+key\s+)?update' and p.prosrc !~* 'order by.+for\s+(no\s+key\s+)?update'$$,
  'trap 14: whatever locks many rows locks them in an order');

-- 15. a defaulted argument added by CREATE OR REPLACE makes an overload

create view pg_temp.overloads as
  select p.proname from pg_catalog.pg_proc as p
  where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace)
  group by p.pronamespace, p.proname
  having count(*) > 1;
select is_empty('select * from pg_temp.overloads', 'trap 15: no function is overloaded');
create function fleet.touch_session(p_project text, p_state text default null, p_at timestamptz default now(), p_more text default null)
returns void language sql as '';
select is((select string_agg(proname, ' ') from pg_temp.overloads), 'touch_session', 'trap 15: and one would be noticed');
select is(pg_temp.answer($$select fleet.touch_session('trap3')$$), '42725', 'trap 15: since calls would fail');
drop function fleet.touch_session(text, text, timestamptz, text);

-- 16. a DEFAULT partition blocks DETACH CONCURRENTLY, and later creation once a row is in it

select is_empty(
  $$select p.partrelid::regclass from pg_catalog.pg_partitioned_table as p join pg_catalog.pg_class as c on c.oid = p.partrelid
    where c.relnamespace = 'fleet'::regnamespace and p.partdefid <> 0$$,
  'trap 16: no table has a default partition');
select fleet.record_health_check('trap16', 'spawn', 'ok', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select * from fleet.ensure_partitions('2026-03-02 10:00+00')$$, 'trap 16: a row without a partition does not stop its partition from being made');
select is((select count(*) from fleet.health_checks where project = 'trap16'), 1::bigint, 'trap 16: it moves there');

select * from finish();
rollback;
