begin;
select plan(12);

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

select has_function('fleet', 'list_output_files', array['text'], 'list_output_files takes a host');
select fleet.register_spawn('p', 'here', 'research', p_output_file => '/tmp/here.log', p_host => 'h1', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.run_as('fleet_reader', 'select task_id from fleet.list_output_files(''h1'')'), 'here', 'a reader may list output files');
select results_eq($$select * from fleet.list_output_files('h1')$$,
  $$values ('p', 'here', '/tmp/here.log', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824::bigint, null::timestamptz, 'running')$$,
  'it returns project, task, file, pattern, size, last output and status');

-- behaviour

select fleet.register_spawn('p', 'there', p_output_file => '/tmp/there.log', p_host => 'h2', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('p', 'anywhere', p_output_file => '/tmp/any.log', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('p', 'fileless', p_host => 'h1', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('a', 'first', p_output_file => '/tmp/first.log', p_host => 'h1', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('p', 'ended', p_output_file => '/tmp/ended.log', p_host => 'h1', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('p', 'ended', p_at => '2026-03-02 10:05+00') as done \gset
select results_eq($$select project, task_id from fleet.list_output_files('h1')$$,
  $$values ('a', 'first'), ('p', 'anywhere'), ('p', 'here')$$,
  'a host looks at open spawns of its own and at those that name no host, that have a file, in the order of their keys');
select results_eq($$select task_id from fleet.list_output_files('h3')$$, $$values ('anywhere')$$, 'another host looks at those that name none');
select results_eq($$select task_id from fleet.list_output_files(null)$$, $$values ('first'), ('anywhere'), ('here'), ('there')$$, 'null is every host');
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 11:00+00') \gset
select is((select status from fleet.list_output_files('h1') where task_id = 'here'), 'stalled', 'a stalled one is still looked at, so that it can come back');
select fleet.record_spawn_output('p', 'here', '2026-03-02 10:59+00', p_at => '2026-03-02 11:00+00') as done \gset
select results_eq($$select last_output_change, status from fleet.list_output_files('h1') where task_id = 'here'$$,
  $$values (timestamptz '2026-03-02 10:59+00', 'running')$$, 'with what is known of it');
select fleet.change_stall_rule('p', 'research', p_error_pattern => 'panic', p_max_output_bytes => 10) as done \gset
select results_eq($$select error_pattern, max_output_bytes from fleet.list_output_files('h1') where task_id = 'here'$$,
  $$values ('panic', 10::bigint)$$, 'each with the pattern and the size of its own rule');
delete from fleet.stall_rules;
select is((select count(*) from fleet.list_output_files('h1')), 3::bigint, 'with all rules deleted every file is still listed');

-- edges

select is((select count(*) from fleet.list_output_files('')), 1::bigint, 'an empty host is no host''s name');
select is((select count(*) from fleet.list_output_files('h1'::varchar)), 3::bigint, 'a varchar argument by position works');

select * from finish();
rollback;
