begin;
select plan(39);

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

-- contract

select has_function('fleet', 'get_stalled_spawns', array['text', 'timestamp with time zone'], 'get_stalled_spawns takes project and time');
select fleet.register_spawn('p', 'silent', 'research', p_output_file => '/tmp/s.log', p_host => 'h1', p_at => '2026-03-02 10:00+00') as silent_id \gset
select is(pg_temp.run_as('fleet_reader', $$select task_id from fleet.get_stalled_spawns('p', '2026-03-02 11:00+00')$$), 'silent',
  'a reader may ask for stalled spawns');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'select count(*) from fleet.get_stalled_spawns(''p'')')$$, '42501', null,
  'a writer reads nothing');
select results_eq($$select * from fleet.get_stalled_spawns('p', '2026-03-02 10:20:30+00')$$,
  format($$values (%s::bigint, 'silent', 'research', timestamptz '2026-03-02 10:00+00', 20.50, 'p', 'running',
    timestamptz '2026-03-02 10:00+00', false, false, '/tmp/s.log', 'h1')$$, :silent_id),
  'it returns the five columns of the source first, then project, status, since when, what it wrote, escalation, file and host');

-- behaviour: the limits, exactly

create function pg_temp.stalled(p_project text, p_at timestamptz) returns text language sql as $$
  select string_agg(s.task_id || case when s.is_escalated then '!' else '' end, ' ' order by s.task_id)
  from fleet.get_stalled_spawns(p_project, p_at) as s
$$;
select is(pg_temp.stalled('p', '2026-03-02 10:00+00'), null, 'a spawn of this instant is not stalled though it has written nothing');
select is(pg_temp.stalled('p', '2026-03-02 10:14:59.999999+00'), null, 'one microsecond before 15 minutes it is not stalled');
select is(pg_temp.stalled('p', '2026-03-02 10:15+00'), 'silent', 'at 15 minutes exactly it is');
select is(pg_temp.stalled('p', '2026-03-02 10:29:59.999999+00'), 'silent', 'one microsecond before 30 minutes it is not escalated');
select is(pg_temp.stalled('p', '2026-03-02 10:30+00'), 'silent!', 'at 30 minutes exactly it is');
select is(pg_temp.stalled('p', '2026-03-01 00:00+00'), null, 'before it was spawned it was not stalled');
select is(pg_temp.stalled('p', '9000-01-01 00:00+00'), 'silent!', 'the future is taken as given');

select fleet.record_spawn_output('p', 'silent', '2026-03-02 10:10+00', p_at => '2026-03-02 10:11+00') as done \gset
select is(pg_temp.stalled('p', '2026-03-02 10:24:59.999999+00'), null, 'output counts from when it changed, not from the spawn, not from the look');
select is(pg_temp.stalled('p', '2026-03-02 10:25+00'), 'silent', 'and then 15 minutes');
select results_eq($$select silent_since, has_written, minutes_stalled from fleet.get_stalled_spawns('p', '2026-03-02 10:25+00')$$,
  $$values (timestamptz '2026-03-02 10:10+00', true, 15.00)$$, 'the silence is since its last output');

-- marked ones
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 10:25+00') \gset
select results_eq($$select task_id, status from fleet.get_stalled_spawns('p', '2026-03-02 10:26+00')$$, $$values ('silent', 'stalled')$$,
  'spawns that are already marked stay on the list');
select fleet.record_spawn_output('p', 'silent', '2026-03-02 10:26+00', p_at => '2026-03-02 10:26+00') as done \gset
select is(pg_temp.stalled('p', '2026-03-02 10:27+00'), null, 'new output takes a marked one off the list');

-- other spawns
select fleet.register_spawn('p', 'done', p_at => '2026-03-02 08:00+00') as done \gset
select fleet.complete_spawn('p', 'done', p_at => '2026-03-02 08:10+00') as done \gset
select fleet.register_spawn('p', 'broken', p_at => '2026-03-02 08:00+00') as done \gset
select fleet.fail_spawn('p', 'broken', p_at => '2026-03-02 08:10+00') as done \gset
select fleet.register_spawn('p', 'left', p_at => '2026-03-02 08:00+00') as done \gset
select fleet.abandon_spawn('p', 'left', p_at => '2026-03-02 08:10+00') as done \gset
select is(pg_temp.stalled('p', '2026-03-02 10:27+00'), null, 'ended spawns are never stalled');
select fleet.register_spawn('q', 'other', p_at => '2026-03-02 09:00+00') as done \gset
select is(pg_temp.stalled('p', '2026-03-02 10:27+00'), null, 'a project sees its own spawns only');
select is(pg_temp.stalled(null, '2026-03-02 10:41+00'), 'other! silent', 'null means the whole fleet');
select results_eq($$select task_id from fleet.get_stalled_spawns(null, '2026-03-02 10:41+00')$$, $$values ('other'), ('silent')$$,
  'the longest silent comes first');

-- rules
select fleet.register_spawn('r', 'quick', 'quick', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('r', 'slow', 'slow', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('r', 'plain', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.change_stall_rule('r', 'quick', '2 seconds', '4 seconds') as done \gset
select fleet.change_stall_rule('r', 'slow', '2 hours', '3 hours') as done \gset
select is(pg_temp.stalled('r', '2026-03-02 10:00:02+00'), 'quick', 'a rule may honestly say 2 seconds');
select is(pg_temp.stalled('r', '2026-03-02 10:00:04+00'), 'quick!', 'and escalate at 4');
select is(pg_temp.stalled('r', '2026-03-02 11:00+00'), 'plain! quick!', 'each task type has its own limits');
select is(pg_temp.stalled('r', '2026-03-02 12:00+00'), 'plain! quick! slow', 'a patient rule ends too');
delete from fleet.stall_rules;
select is(pg_temp.stalled('r', '2026-03-02 10:15+00'), 'plain quick slow', 'with all rules deleted the built-in 15 minutes hold');

-- edges

select is((select count(*) from fleet.get_stalled_spawns('p'::varchar)), 1::bigint, 'a varchar argument by position works, as the source calls it');
select fleet.start_session('quiet', p_at => '2026-03-02 09:00+00') as done \gset
select is(pg_temp.stalled('quiet', '2026-03-02 12:00+00'), null, 'a project with a session and no spawn is known, and quiet');
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select fleet.complete_spawn('q', 'other', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select is(pg_temp.stalled('q', '2026-03-02 12:00+00'), null, 'a project whose spawns are all archived is known, and quiet');
select fleet.register_spawn('''"🚀 ; --', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.stalled('''"🚀 ; --', '2026-03-02 10:15+00'), 't', 'a project is data, never code');
prepare any_project (text, timestamptz) as select count(*) from fleet.get_stalled_spawns($1, $2);
set local plan_cache_mode = force_generic_plan;
select is(pg_temp.answer($$execute any_project('nobody', '2026-03-02 10:00+00')$$), 'MF001', 'a prepared call with a generic plan checks its project');
select is(pg_temp.answer($$execute any_project('p', null)$$), 'MF003', 'and its time');
select is(pg_temp.answer($$execute any_project(null, '2026-03-02 10:15+00')$$), '4', 'and answers');
set local plan_cache_mode = auto;

-- errors

select throws_ok($$select * from fleet.get_stalled_spawns('nobody')$$, 'MF001', null, 'a mistyped project is an error, never all quiet');
select throws_ok($$select * from fleet.get_stalled_spawns('')$$, 'MF001', null, 'an empty project is unknown');
select throws_ok($$select * from fleet.get_stalled_spawns('p', null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.get_stalled_spawns(null, null)$$, 'MF003', null, 'so it is for the whole fleet');
select throws_ok($$select * from fleet.get_stalled_spawns('p', 'infinity')$$, 'MF003', null, 'an infinite time is refused');
select throws_ok($$select * from fleet.get_stalled_spawns('quiet', '-infinity')$$, 'MF003', null, 'even where there is no spawn to look at');
delete from fleet.active_spawns;
select throws_ok($$select * from fleet.get_stalled_spawns('nobody')$$, 'MF001', null, 'a mistyped project is an error in an empty fleet too');

select * from finish();
rollback;
