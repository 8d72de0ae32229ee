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

create temp view past as select * from fleet.spawn_history union all select * from fleet.spawn_history_overflow;

-- contract

select has_function('fleet', 'archive_ended_spawns', array['integer', 'timestamp with time zone'], 'archive_ended_spawns takes a limit and a time');
select function_returns('fleet', 'archive_ended_spawns', 'bigint', 'it returns how many moved');
select is(pg_temp.run_as('fleet_writer', 'select fleet.archive_ended_spawns()'), '0', 'a writer may archive; of nothing, nothing moves');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.archive_ended_spawns()')$$, '42501', null, 'a reader may not');

-- behaviour

select fleet.register_spawn('p', 'mother', p_at => '2026-03-02 09:00+00') as mother_id \gset
select fleet.register_spawn('p', 't', 'research', 'words', '/tmp/t.log', 'mother', 'h1', '00000000-0000-0000-0000-000000000001', '2026-03-02 09:00+00') as t_id \gset
select fleet.record_spawn_output('p', 't', '2026-03-02 09:30+00', 'Error: x', 'oversized', '2026-03-02 09:31+00') as done \gset
select fleet.fail_spawn('p', 't', 'words', 3, 'oom', p_at => '2026-03-02 10:00+00') as done \gset
create temp table before as select * from fleet.active_spawns where task_id = 't';
select fleet.register_spawn('p', 'open', p_at => '2026-01-01 00:00+00') as done \gset
select fleet.register_spawn('p', 'stalled', p_at => '2026-01-01 00:00+00') as done \gset
select is(fleet.archive_ended_spawns(p_at => '2026-03-03 10:00+00'), 0::bigint, 'an ended spawn stays 24 hours');
select is(fleet.archive_ended_spawns(p_at => '2026-03-03 10:00:00.000001+00'), 1::bigint, 'and one microsecond later it moves');
select is_empty($$select 1 from fleet.active_spawns where task_id = 't'$$, 'it leaves active_spawns');
select is(
  (select to_jsonb(p) - 'archived_at' from past as p where p.task_id = 't'),
  (select to_jsonb(b) - 'stalled_at' from before as b),
  'and stands in spawn_history with every column as it was');
select is((select count(*) from fleet.spawns where task_id = 't' and is_archived), 1::bigint, 'the view spawns shows it once');
select is((select count(*) from fleet.active_spawns), 3::bigint, 'open spawns never move, however old');
select is(fleet.archive_ended_spawns(p_at => '2026-03-03 10:00:00.000001+00'), 0::bigint, 'archiving again moves nothing');

-- partitions
select is((select count(*) from fleet.spawn_history_overflow) + (select count(*) from fleet.spawn_history), 1::bigint, 'a row without a partition is kept whole in overflow');
select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select is((select count(*) from fleet.spawn_history), 1::bigint, 'and moves on once there is one');
select fleet.complete_spawn('p', 'mother', p_at => '2026-03-02 11:00+00') as done \gset
select is(fleet.archive_ended_spawns(p_at => '2026-03-04 00:00+00'), 1::bigint, 'with a partition, another one moves');
select is((select count(*) from fleet.spawn_history), 2::bigint, 'to it at once');

-- edges

select count(fleet.register_spawn('m' || i % 3, 't' || i, p_at => '2026-03-02 09:00+00')) as done from generate_series(1, 10) as i \gset
select count(fleet.complete_spawn('m' || i % 3, 't' || i, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 10) as i \gset
select is(fleet.archive_ended_spawns(4, '2026-03-04 00:00+00'), 4::bigint, 'at most p_limit move a call');
select is(fleet.archive_ended_spawns(4, '2026-03-04 00:00+00'), 4::bigint, 'and the next call goes on');
select is(fleet.archive_ended_spawns(4, '2026-03-04 00:00+00'), 2::bigint, 'to the end');
select is(fleet.archive_ended_spawns(4, '2026-03-04 00:00+00'), 0::bigint, 'and then nothing is left');
select is((select count(*) from (select distinct s.project, s.task_id from fleet.spawns as s where s.project like 'm_') as d), 10::bigint, 'none was lost on the way');
select fleet.register_spawn('young', 't') as done \gset
select fleet.complete_spawn('young', 't') as done \gset
select is(fleet.archive_ended_spawns(p_at => '9000-01-01 00:00+00'), 0::bigint, 'a time from the future moves nothing early');
update fleet.retention_rules set keep_for = interval '1 hour' where table_name = 'active_spawns';
select fleet.register_spawn('hour', 't', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.complete_spawn('hour', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(fleet.archive_ended_spawns(p_at => '2026-03-02 11:00:00.000001+00'), 1::bigint, 'how long is the row of retention_rules');

-- errors

select throws_ok($$select fleet.archive_ended_spawns(0)$$, 'MF003', null, 'a limit of 0 is refused');
select throws_ok($$select fleet.archive_ended_spawns(100001)$$, 'MF003', null, 'a limit over 100,000 is refused');
select throws_ok($$select fleet.archive_ended_spawns(null)$$, 'MF003', null, 'a missing limit is refused');
select throws_ok($$select fleet.archive_ended_spawns(1, null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.archive_ended_spawns(1, '-infinity')$$, 'MF003', null, 'an infinite time is refused');

select * from finish();
rollback;
