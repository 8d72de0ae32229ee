begin;
select plan(62);

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

create function pg_temp.answer(p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute p_sql into v_answer;
  return v_answer;
exception
  when others then
    return sqlstate;
end
$$;

create temp view checks as select * from fleet.health_checks union all select * from fleet.health_checks_overflow;
create function pg_temp.findings(p_check_type text, p_at timestamptz) returns text language sql as $$
  select string_agg(c.status || ' ' || coalesce(c.subject, '-'), ', ' order by c.no)
  from fleet.run_check(p_check_type, p_at) with ordinality as c (name, subject, status, value, unit, warning_threshold, critical_threshold, message, detail, no)
$$;

-- contract

select has_function('fleet', 'run_check', array['text', 'timestamp with time zone'], 'run_check takes a check type and a time');
select is(pg_temp.run_as('fleet_writer', 'select status from fleet.run_check(''spawn'', ''2026-03-02 10:00+00'')'), 'ok', 'a writer may run a check');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select count(*) from fleet.run_check(''spawn'')')$$, '42501', null, 'a reader may not: it records');

-- behaviour: spawn

select results_eq($$select name, subject, status, message from fleet.run_check('spawn', '2026-03-02 10:00+00')$$,
  $$values ('spawn', null::text, 'ok', 'nothing to look at')$$, 'an empty fleet is ok and says why');
select fleet.register_spawn('p', 'a', 'research', p_output_file => '/tmp/a.log', p_at => '2026-03-02 10:00+00') as a_id \gset
select fleet.register_spawn('p', 'b', p_at => '2026-03-02 10:05+00') as b_id \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:00+00'), 'ok p', 'a spawn of this instant is well');
select is(pg_temp.findings('spawn', '2026-03-02 10:14:59.999999+00'), 'ok p', 'a project whose spawns are all well has one line that says so');
select is(pg_temp.findings('spawn', '2026-03-02 10:15+00'), 'warning p/a', 'at 15 minutes of silence exactly a spawn is a warning');
select is((select status from fleet.active_spawns where task_id = 'a'), 'stalled', 'and is marked as stalled');
select is(pg_temp.findings('spawn', '2026-03-02 10:29:59.999999+00'), 'warning p/a, warning p/b', 'one microsecond before 30 minutes it still is');
select is(pg_temp.findings('spawn', '2026-03-02 10:30+00'), 'critical p/a, warning p/b', 'at 30 minutes exactly it is critical; the worst comes first');
select results_eq($$select name, value, unit, warning_threshold, critical_threshold from fleet.run_check('spawn', '2026-03-02 10:30+00') where subject = 'p/a'$$,
  $$values ('spawn', 1800.000, 's', 900.000000, 1800.000000)$$, 'with the silence in seconds and its thresholds');
select ok((select message like 'no output since it was spawned for 30 min (allowed 15 min)%' and (detail ->> 'id')::bigint = :a_id and detail ->> 'output_file' = '/tmp/a.log'
  from fleet.run_check('spawn', '2026-03-02 10:30+00') where subject = 'p/a'), 'a message a person understands, and details a program does');
select fleet.record_spawn_output('p', 'a', '2026-03-02 10:31+00', p_at => '2026-03-02 10:31+00') as done \gset
select fleet.record_spawn_output('p', 'b', '2026-03-02 10:31+00', p_at => '2026-03-02 10:31+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:32+00'), 'ok p', 'new output makes it well again');
select fleet.record_spawn_output('p', 'a', '2026-03-02 10:32+00', 'Traceback (most recent call last):', p_at => '2026-03-02 10:32+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:32+00'), 'critical p/a', 'a line that looks like an error is critical, however fresh the output');
select ok((select message like '%Traceback (most recent call last):%' from fleet.run_check('spawn', '2026-03-02 10:32+00')), 'with the line as evidence');
select fleet.record_spawn_output('p', 'a', null, p_problem => 'unreadable: permission denied', p_at => '2026-03-02 10:33+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:33+00'), 'warning p/a', 'an output that cannot be read is a warning, never fine');
select ok((select message like '%unreadable: permission denied%' from fleet.run_check('spawn', '2026-03-02 10:33+00')), 'that says what is wrong');
select fleet.complete_spawn('p', 'a', p_at => '2026-03-02 10:34+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:34+00'), 'ok p', 'a spawn that ended is looked at no longer');
select fleet.change_stall_rule('fast', p_stalled_after => '2 seconds', p_escalate_after => '4 seconds') as done \gset
select fleet.register_spawn('fast', 't', p_at => '2026-03-02 10:34+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:34:02+00'), 'warning fast/t, ok p', 'a project''s rule decides for its spawns');
delete from fleet.stall_rules;
select fleet.record_spawn_output('fast', 't', '2026-03-02 10:34+00', p_at => '2026-03-02 10:35+00') as done \gset
select is(pg_temp.findings('spawn', '2026-03-02 10:49+00'), 'warning p/b, warning fast/t', 'with all rules deleted the built-in limits hold');

-- what it records
select is((select count(*) from checks where check_type = 'spawn' and project = 'p' and check_time = '2026-03-02 10:30+00'), 1::bigint,
  'a run records one row a project, however often it is repeated as of the same instant');
select results_eq($$select status, details #>> '{findings,0,subject}', details->>'count' from checks where project = 'p' and check_time = '2026-03-02 10:30+00'$$,
  $$values ('critical', 'p/a', '2')$$, 'with the worst status, the findings and their number');
select results_eq($$select status from checks where project = '*' and check_type = 'spawn'$$, $$select 'x'::text where false$$, 'an empty fleet records nothing for a project that is not there');

-- behaviour: orphaned_work

select is(pg_temp.findings('orphaned_work', '2026-03-02 10:49+00'), 'ok fast, ok p', 'spawns without a session and a parent are no orphans');
select fleet.start_session('o', 'cli', 's1', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.register_spawn('o', 'mother', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('o', 'child', p_parent_task_id => 'mother', p_at => '2026-03-02 10:01+00') as done \gset
create function pg_temp.orphans(p_at timestamptz) returns text language sql as $$
  select string_agg(c.status || ' ' || c.subject, ', ' order by c.subject) from fleet.run_check('orphaned_work', p_at) as c where c.subject like 'o%'
$$;
select is(pg_temp.orphans('2026-03-02 10:02+00'), 'ok o', 'while session and parent live, nothing is orphaned');
select fleet.complete_spawn('o', 'mother', p_at => '2026-03-02 10:03+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:04+00'), 'ok o', 'a parent that completed leaves no orphan');
select fleet.register_spawn('o', 'bad-mother', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('o', 'waif', p_parent_task_id => 'bad-mother', p_at => '2026-03-02 10:01+00') as done \gset
select fleet.fail_spawn('o', 'bad-mother', p_at => '2026-03-02 10:05+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:06+00'), 'warning o/waif', 'a spawn whose parent failed is a warning');
select ok((select message like '%bad-mother failed%' from fleet.run_check('orphaned_work', '2026-03-02 10:06+00') where subject = 'o/waif'), 'that names the parent');
select is(pg_temp.orphans('2026-03-02 10:04+00'), 'ok o', 'as of a time before the parent failed it is none');
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:06+00'), 'warning o/waif', 'an archived parent is still the parent');
select fleet.register_spawn('o', 'bad-mother', p_at => '2026-03-02 10:10+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:11+00'), 'warning o/waif', 'another attempt at the parent''s task does not adopt it');
select fleet.register_spawn('o', 'ward', p_parent_task_id => 'bad-mother', p_at => '2026-03-02 10:12+00') as done \gset
select fleet.abandon_spawn('o', 'bad-mother', p_at => '2026-03-02 10:13+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:14+00'), 'warning o/waif, warning o/ward', 'a spawn whose parent was abandoned is a warning');
select fleet.complete_spawn('o', 'waif', p_at => '2026-03-02 10:15+00') as done \gset
select fleet.complete_spawn('o', 'ward', p_at => '2026-03-02 10:15+00') as done \gset
select fleet.end_session('o', p_at => '2026-03-02 10:20+00') as done \gset
select is(pg_temp.orphans('2026-03-02 10:21+00'), 'warning o/child', 'a spawn whose session ended is a warning');
select ok((select message like '%its session ended 1 min ago%' from fleet.run_check('orphaned_work', '2026-03-02 10:21+00') where subject = 'o/child'), 'that says how long ago');
select is(pg_temp.orphans('2026-03-02 10:19:59.999999+00'), 'ok o', 'as of a time before the end it is none');
select is(pg_temp.orphans('2026-03-02 10:20+00'), 'warning o/child', 'at the end exactly it is one');
select count(*) as done from fleet.mark_stalled_spawns('o', '2026-03-02 10:40+00') \gset
select is(pg_temp.orphans('2026-03-02 10:41+00'), 'warning o/child', 'a stalled orphan is an orphan');
select fleet.start_session('o', 'cli', 's2', p_at => '2026-03-02 11:00+00') as done \gset
select is(pg_temp.orphans('2026-03-02 11:01+00'), 'warning o/child', 'the next session of the project does not adopt it');
select ok((select message ~ '(was replaced|ended)' and message !~ 'ended +d ago' from fleet.run_check('orphaned_work', '2026-03-02 11:01+00') where subject = 'o/child'),
  'and the message says in words what became of its session');
select is(pg_temp.orphans('2026-03-02 10:19+00'), 'ok o', 'as of a time before the end it is still none, though its session has moved to history');

-- edges: one that cannot run is unknown for itself

insert into fleet.check_types (check_type, domain, evaluator, description) values
  ('absent', 'planted', 'evaluate_absent', 'Its evaluator does not exist.'), ('broken', 'planted', 'evaluate_broken', 'Its evaluator raises.'),
  ('half', 'planted', 'evaluate_half', 'Its evaluator writes and then raises.');
create function fleet_internal.evaluate_broken(p_at timestamptz) returns table (project text, subject text, status text, message text)
language plpgsql as $$begin raise exception 'planted' using errcode = 'XX999'; end$$;
create function fleet_internal.evaluate_half(p_at timestamptz) returns table (project text, subject text, status text, message text)
language plpgsql as $$begin perform fleet.record_health_check('half', 'half', 'ok', p_at => p_at); perform 1 / 0; end$$;
alter function fleet_internal.evaluate_broken(timestamptz) owner to fleet_owner;
alter function fleet_internal.evaluate_half(timestamptz) owner to fleet_owner;
select results_eq($$select name, status, detail->>'sqlstate' from fleet.run_check('absent', '2026-03-02 10:00+00')$$, $$values ('absent', 'unknown', '42883')$$,
  'a check whose evaluator does not exist is unknown, never ok');
select results_eq($$select name, status, detail->>'sqlstate' from fleet.run_check('broken', '2026-03-02 10:00+00')$$, $$values ('broken', 'unknown', 'XX999')$$,
  'so is one whose evaluator raises');
select ok((select message like '%planted%' from fleet.run_check('broken', '2026-03-02 10:00+00')), 'its error is the message');
select is(pg_temp.findings('half', '2026-03-02 10:00+00'), 'unknown -', 'so is one that fails half-way');
select is_empty($$select 1 from checks where check_type in ('absent', 'broken', 'half')$$, 'and nothing of it is kept');

insert into fleet.check_types (check_type, domain, evaluator, description) values ('unsure', 'planted', 'evaluate_unsure', 'It cannot tell.');
create function fleet_internal.evaluate_unsure(p_at timestamptz)
returns table (project text, subject text, status text, value numeric, unit text, warning_threshold numeric, critical_threshold numeric, message text, detail jsonb)
language sql as $$select 'unsure', 's', 'unknown', null::numeric, null, null::numeric, null::numeric, 'cannot tell', null::jsonb$$;
alter function fleet_internal.evaluate_unsure(timestamptz) owner to fleet_owner;
select is(pg_temp.findings('unsure', '2026-03-02 10:00+00'), 'unknown s', 'an evaluator may say that it cannot tell');
select is_empty($$select 1 from checks where check_type = 'unsure' and status = 'ok'$$, 'which is never recorded as ok');

-- edges: many findings, long and strange ones

select count(fleet.register_spawn('🚀 "many"', 't' || i, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 60) as i \gset
select count(*) as done from fleet.record_spawn_outputs(
  array(select '🚀 "many"' from generate_series(1, 60)), array(select 't' || i from generate_series(1, 60) as i),
  array(select timestamptz '2026-03-02 10:01+00' from generate_series(1, 60)),
  array(select 'Error: "\' || repeat('🔥', 900) from generate_series(1, 60)), p_at => '2026-03-02 10:02+00') \gset
select is((select count(*) from fleet.run_check('spawn', '2026-03-02 10:03+00') where status = 'critical' and subject like '🚀%'), 60::bigint,
  '60 spawns with long error lines of emoji, quotes and backslashes are 60 findings');
select results_eq($$select status, details->>'count', jsonb_array_length(details->'findings') between 1 and 50 from checks where project = '🚀 "many"' and check_type = 'spawn'$$,
  $$values ('critical', '60', true)$$, 'the record holds at most 50 of them and the whole number');

delete from fleet.active_spawns where project = '🚀 "many"';

-- edges: poison

insert into fleet.active_spawns (project, task_id, spawn_time) values (' odd', 't', '2026-03-02 10:00+00');
select is((select count(*) from fleet.run_check('spawn', '2026-03-02 10:05+00') where status = 'unknown'), 0::bigint,
  'a project that somebody inserted by hand under a bad name blinds no check');
delete from fleet.active_spawns where project = ' odd';
alter table fleet.active_spawns drop constraint active_spawns_spawn_time_check;
insert into fleet.active_spawns (project, task_id, spawn_time) values ('inf', 't', '-infinity');
select is((select status from fleet.run_check('spawn', '2026-03-02 10:06+00') where subject = 'inf/t'), 'critical', 'a spawn time of -infinity is critical for itself');
select is((select count(*) from fleet.run_check('spawn', '2026-03-02 10:06+00') where status = 'unknown'), 0::bigint, 'and fails no check');
select is((select count(*) from fleet.run_check('orphaned_work', '2026-03-02 10:06+00') where status = 'unknown'), 0::bigint, 'of either kind');

-- edges: time

select fleet.register_spawn('now', 't') as done \gset
select is((select status from fleet.run_check('spawn', '9000-01-01 00:00+00') where subject = 'now/t'), 'critical', 'a time from the future is judged as given');
select is((select status from fleet.active_spawns where project = 'now'), 'running', 'but marks nothing that is alive');
select is((select count(*) from checks where check_time > clock_timestamp()), 0::bigint, 'and records nothing in the future');
select is((select count(*) from fleet.run_check('spawn'::varchar) where subject = 'now'), 1::bigint, 'a varchar argument by position works');

-- errors

select throws_ok($$select * from fleet.run_check('vibes')$$, 'MF004', null, 'an unknown check type is refused');
select throws_ok($$select * from fleet.run_check(null)$$, 'MF004', null, 'a missing check type is refused');
select throws_ok($$select * from fleet.run_check('heartbeat')$$, 'MF004', null, 'one that is only recorded is refused');
select throws_ok($$select * from fleet.run_check('spawn', null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.run_check('spawn', 'infinity')$$, 'MF003', null, 'an infinite time is refused');

select * from finish();
rollback;
