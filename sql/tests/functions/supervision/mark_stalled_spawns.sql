begin;
select plan(21);

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

select has_function('fleet', 'mark_stalled_spawns', array['text', 'timestamp with time zone'], 'mark_stalled_spawns takes project and time');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as w_id \gset
select is(pg_temp.run_as('fleet_writer', $$select task_id from fleet.mark_stalled_spawns('w', '2026-03-02 10:15+00')$$), 't', 'a writer may mark');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select count(*) from fleet.mark_stalled_spawns()')$$, '42501', null, 'a reader may not mark');

-- behaviour

select fleet.register_spawn('p', 'a', p_at => '2026-03-02 10:00+00') as a_id \gset
select fleet.register_spawn('p', 'b', p_at => '2026-03-02 10:05+00') as b_id \gset
select fleet.register_spawn('q', 'c', p_at => '2026-03-02 10:00+00') as c_id \gset
select is_empty($$select * from fleet.mark_stalled_spawns('p', '2026-03-02 10:14:59.999999+00')$$, 'before 15 minutes nothing is marked');
select results_eq($$select * from fleet.mark_stalled_spawns('p', '2026-03-02 10:15+00')$$,
  format($$values (%s::bigint, 'p', 'a')$$, :a_id), 'at 15 minutes exactly the silent one is marked and returned');
select results_eq($$select status, stalled_at, spawn_time, last_output_change from fleet.active_spawns where task_id = 'a'$$,
  $$values ('stalled', timestamptz '2026-03-02 10:15+00', timestamptz '2026-03-02 10:00+00', null::timestamptz)$$,
  'marking says since when, and is no sign of life');
select is_empty($$select * from fleet.mark_stalled_spawns('p', '2026-03-02 10:16+00')$$, 'marking again returns nothing');
select is((select stalled_at from fleet.active_spawns where task_id = 'a'), '2026-03-02 10:15+00', 'and changes nothing');
select is((select status from fleet.active_spawns where task_id = 'c'), 'running', 'another project is left alone');
select results_eq($$select project, task_id from fleet.mark_stalled_spawns(p_at => '2026-03-02 10:20+00') order by task_id$$,
  $$values ('p', 'b'), ('q', 'c')$$, 'without a project the whole fleet is marked');
select is_empty(
  $$select task_id from fleet.get_stalled_spawns(null, '2026-03-02 10:20+00') where status = 'running'
    union all select task_id from fleet.active_spawns where status = 'stalled'
      and task_id not in (select g.task_id from fleet.get_stalled_spawns(null, '2026-03-02 10:20+00') as g)$$,
  'what is marked is what get_stalled_spawns lists');
select fleet.record_spawn_output('p', 'a', '2026-03-02 10:21+00', p_at => '2026-03-02 10:21+00') as done \gset
select results_eq($$select status, stalled_at from fleet.active_spawns where task_id = 'a'$$, $$values ('running', null::timestamptz)$$,
  'new output takes the mark away');
select results_eq($$select task_id from fleet.mark_stalled_spawns('p', '2026-03-02 10:36+00')$$, $$values ('a')$$, 'and silence brings it back');
select fleet.change_stall_rule('q', p_stalled_after => '1 hour') as done \gset
select fleet.record_spawn_output('q', 'c', '2026-03-02 10:30+00', p_at => '2026-03-02 10:30+00') as done \gset
select is_empty($$select * from fleet.mark_stalled_spawns('q', '2026-03-02 11:29:59.999999+00')$$, 'a project''s own rule decides');

-- edges

select is_empty($$select * from fleet.mark_stalled_spawns('q', '2020-01-01 00:00+00')$$, 'as of a time before the spawn nothing is stalled');
select fleet.register_spawn('fresh', 't') as done \gset
select count(*) as done from fleet.mark_stalled_spawns('fresh', '9000-01-01 00:00+00') \gset
select is((select status from fleet.active_spawns where project = 'fresh'), 'running',
  'a time from the future is not believed: it would mark what is alive');
select is((select count(*) from fleet.clock_anomalies where routing_key = 'fresh' and source = 'mark_stalled_spawns'), 1::bigint,
  'and is recorded as an anomaly');
select lives_ok($$select * from fleet.mark_stalled_spawns('p'::varchar)$$, 'a varchar argument by position works');

-- errors

select throws_ok($$select * from fleet.mark_stalled_spawns('nobody')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select * from fleet.mark_stalled_spawns('p', null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.mark_stalled_spawns('p', '-infinity')$$, 'MF003', null, 'an infinite time is refused');

select * from finish();
rollback;
