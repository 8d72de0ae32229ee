begin;
select plan(25);

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

-- contract

select has_function('fleet', 'record_spawn_output', array['text', 'text', 'timestamp with time zone', 'text', 'text', 'timestamp with time zone'],
  'record_spawn_output takes project, task, time of the output, line, problem and time of the look');
select function_returns('fleet', 'record_spawn_output', 'text', 'record_spawn_output returns the outcome');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.run_as('fleet_writer', 'select fleet.record_spawn_output(''w'', ''t'')'), 'recorded', 'a writer may record an output; it is of now where no time is given');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.record_spawn_output(''w'', ''t'')')$$, '42501', null, 'a reader may not');

-- behaviour

select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(fleet.record_spawn_output('p', 't', '2026-03-02 10:05+00', 'Error: x', 'oversized: 2 GB', '2026-03-02 10:06+00'), 'recorded', 'an output is recorded');
select results_eq($$select last_output_change, last_checked_at, error_line, output_problem, status from fleet.active_spawns where project = 'p'$$,
  $$values (timestamptz '2026-03-02 10:05+00', timestamptz '2026-03-02 10:06+00', 'Error: x', 'oversized: 2 GB', 'running')$$, 'with all that the look showed');
select is(fleet.record_spawn_output('p', 't', '2026-03-02 10:05+00', 'Error: x', 'oversized: 2 GB', '2026-03-02 10:06+00'), 'recorded', 'the same look again is safe');
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 10:20+00') \gset
select is(fleet.record_spawn_output('p', 't', null, p_problem => 'missing', p_at => '2026-03-02 10:21+00'), 'recorded', 'a look may find no time');
select is((select status from fleet.active_spawns where project = 'p'), 'stalled', 'that is no sign of life');
select is(fleet.record_spawn_output('p', 't', '2026-03-02 10:22+00', p_at => '2026-03-02 10:22+00'), 'revived', 'new output brings a stalled spawn back');
select is(fleet.record_spawn_output('p', 't', '9000-01-01 00:00+00', p_at => '2026-03-02 10:23+00'), 'future', 'a time from the future is not believed, and said so');
select results_eq($$select last_output_change, output_problem from fleet.active_spawns where project = 'p'$$,
  $$values (timestamptz '2026-03-02 10:22+00', 'future_mtime')$$, 'the spawn keeps its last known output');

-- edges

select is(fleet.record_spawn_output('p', 't', clock_timestamp() + interval '50 seconds'), 'recorded', 'a time within the clock tolerance is believed');
select is(fleet.record_spawn_output('p', 't', clock_timestamp() + interval '90 seconds'), 'future', 'one beyond it is not');
select is(fleet.record_spawn_output('p'::varchar, 't'::varchar, now(), null::varchar, null::varchar), 'recorded', 'varchar arguments by position work');

-- errors

select fleet.complete_spawn('w', 't') as done \gset
select throws_ok($$select fleet.record_spawn_output('nobody', 't')$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.record_spawn_output('p', 'nothing')$$, 'MF002', null, 'an unknown task of a known project is an error of its own');
select throws_ok($$select fleet.record_spawn_output('w', 't')$$, 'MF005', null, 'an ended spawn has no more output');
select fleet.register_spawn('z', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('z', 't', p_at => '2026-03-02 10:01+00') as done \gset
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select throws_ok($$select fleet.record_spawn_output('z', 't')$$, 'MF005', null, 'so has an archived one');
select throws_ok($$select fleet.record_spawn_output(null, 't')$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.record_spawn_output('p', '')$$, 'MF003', null, 'an empty task is refused');
select throws_ok($$select fleet.record_spawn_output('p', 't', 'infinity')$$, 'MF003', null, 'an infinite time is refused');
select throws_ok($$select fleet.record_spawn_output('p', 't', p_problem => 'odd')$$, 'MF004', null, 'an unknown problem is refused');
select throws_ok($$select fleet.record_spawn_output('p', 't', p_at => null)$$, 'MF003', null, 'a missing time of the look is refused');

select fleet.register_spawn('blank', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.record_spawn_output('blank', 't', '2026-03-02 10:01+00', E' \t') as done \gset
select is((select error_line from fleet.active_spawns where project = 'blank'), null, 'a blank line is no evidence of an error');

select * from finish();
rollback;
