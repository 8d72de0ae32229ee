begin;
select plan(50);

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

create function pg_temp.outcomes(p_sql text) returns text language plpgsql as $$
declare
  v_answer text;
begin
  execute format('select string_agg(o.task_id || '' '' || o.outcome, '', '' order by o.project, o.task_id) from (%s) as o', p_sql) into v_answer;
  return v_answer;
end
$$;

-- contract

select has_function('fleet', 'record_spawn_outputs', array['text[]', 'text[]', 'timestamp with time zone[]', 'text[]', 'text[]', 'timestamp with time zone'],
  'record_spawn_outputs takes arrays of projects, tasks, times, lines, problems, and the time of the look');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.run_as('fleet_writer', $$select outcome from fleet.record_spawn_outputs(array['w'], array['t'], array[timestamptz '2026-03-02 10:01+00'])$$),
  'recorded', 'a writer may record outputs');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select count(*) from fleet.record_spawn_outputs(array[''w''], array[''t''], array[now()])')$$,
  '42501', null, 'a reader may not');

-- behaviour: every outcome in one batch

select count(fleet.register_spawn('p', t.task_id, p_at => '2026-03-02 10:00+00')) as done
from unnest(array['alive', 'silent', 'marked', 'ahead', 'ended', 'archived']) as t (task_id) \gset
select fleet.complete_spawn('p', 'archived', p_at => '2026-03-02 10:01+00') as done \gset
select fleet.archive_ended_spawns(p_at => '2026-03-10 00:00+00') as done \gset
select fleet.complete_spawn('p', 'ended', p_at => '2026-03-02 10:02+00') as done \gset
select fleet.record_spawn_output('p', 'alive', '2026-03-02 10:20+00', p_at => '2026-03-02 10:20+00') as done \gset
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 10:20+00') \gset
select results_eq(
  $$select * from fleet.record_spawn_outputs(
      array['p', 'p', 'p', 'p', 'p', 'p', 'p', 'nobody'],
      array['marked', 'alive', 'silent', 'ahead', 'ended', 'archived', 'missing', 'x'],
      array['2026-03-02 10:25+00', '2026-03-02 10:26+00', null, '9000-01-01 00:00+00', '2026-03-02 10:25+00', '2026-03-02 10:25+00',
        '2026-03-02 10:25+00', '2026-03-02 10:25+00']::timestamptz[],
      p_at => '2026-03-02 10:27+00')$$,
  $$values ('nobody', 'x', 'unknown'), ('p', 'ahead', 'future'), ('p', 'alive', 'recorded'), ('p', 'archived', 'ended'),
      ('p', 'ended', 'ended'), ('p', 'marked', 'revived'), ('p', 'missing', 'unknown'), ('p', 'silent', 'recorded')$$,
  'a row a task says what became of it: one that ended or is unknown stops no other');
select results_eq($$select task_id, status, last_output_change, stalled_at is null, output_problem from fleet.active_spawns where project = 'p' order by task_id$$,
  $$values ('ahead', 'stalled', null::timestamptz, false, 'future_mtime'),
      ('alive', 'running', timestamptz '2026-03-02 10:26+00', true, null),
      ('ended', 'completed', null, true, null),
      ('marked', 'running', timestamptz '2026-03-02 10:25+00', true, null),
      ('silent', 'stalled', null, false, null)$$,
  'new output brings a stalled one back; no time and a time from the future do not');
select is((select count(*) from fleet.active_spawns where project = 'p' and last_checked_at = '2026-03-02 10:27+00'), 4::bigint,
  'every open one was looked at');
select is((select claimed_at from fleet.clock_anomalies where routing_key = 'p' and source = 'record_spawn_outputs.output'),
  '9000-01-01 00:00+00', 'the time from the future is recorded as an anomaly');
select ok((select min(updated_at) is not null from fleet.active_spawns where project = 'p' and task_id = 'ended' and last_checked_at is null),
  'an ended spawn is left as it was');

-- lines and problems
select fleet.register_spawn('l', 't', p_at => '2026-03-02 10:00+00') as done \gset
select count(*) as done from fleet.record_spawn_outputs(array['l'], array['t'], array[timestamptz '2026-03-02 10:05+00'],
  array['fatal: no'], array['oversized: 10 GB'], '2026-03-02 10:06+00') \gset
select results_eq($$select error_line, output_problem from fleet.active_spawns where project = 'l'$$,
  $$values ('fatal: no', 'oversized: 10 GB')$$, 'the line that matched and the problem are kept as evidence');
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['l'], array['t'], array[timestamptz '2026-03-02 10:06+00'],
  array['Error: older'], array['missing'], '2026-03-02 10:05:59.999999+00')$$), 't recorded', 'an older look may come late');
select results_eq($$select error_line, output_problem, last_checked_at, last_output_change from fleet.active_spawns where project = 'l'$$,
  $$values ('fatal: no', 'oversized: 10 GB', timestamptz '2026-03-02 10:06+00', timestamptz '2026-03-02 10:06+00')$$,
  'it never overwrites a newer look; an output time it brings is news all the same');
select count(*) as done from fleet.record_spawn_outputs(array['l'], array['t'], array[timestamptz '2026-03-02 10:01+00'],
  p_at => '2026-03-02 10:08+00') \gset
select results_eq($$select error_line, output_problem, last_output_change from fleet.active_spawns where project = 'l'$$,
  $$values (null::text, null::text, timestamptz '2026-03-02 10:06+00')$$,
  'a newer look without a line forgets it; the last output never moves back');
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['l'], array['t'], array[timestamptz '2026-03-02 10:01+00'],
  p_at => '2026-03-02 10:08+00')$$), 't recorded', 'the same batch again is safe');
select is(pg_temp.outcomes(format($$select * from fleet.record_spawn_outputs(array['l'], array['t'], array[null::timestamptz], null, array[%L], '2026-03-02 10:09+00')$$, c.code)),
  't recorded', 'problem ' || c.code || ' is known')
from (values ('bad_pattern'), ('binary: 0 bytes'), ('future_mtime'), ('irregular: a pipe'), ('missing'), ('oversized'), ('unreadable: EACCES')) as c (code);

select count(*) as done from fleet.record_spawn_outputs(array['l'], array['t'], array[timestamptz '2026-03-02 10:05+00'],
  array[E'Error:\x1b[31m\tred\r\nnext\u0085' || repeat('🔥', 2000)], array[E'missing: a\nb'], '2026-03-02 10:10+00') \gset
select ok((select error_line !~ '[[:cntrl:]]' and error_line like 'Error: [31m red%' and length(error_line) <= 1000 and output_problem = 'missing: a b'
  from fleet.active_spawns where project = 'l'), 'evidence is shown on terminals: control characters become blanks, long lines are cut');

-- stalled and no news
select fleet.register_spawn('n', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.record_spawn_output('n', 't', '2026-03-02 10:05+00', p_at => '2026-03-02 10:05+00') as done \gset
select count(*) as done from fleet.mark_stalled_spawns('n', '2026-03-02 10:20+00') \gset
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['n'], array['t'], array[timestamptz '2026-03-02 10:05+00'], p_at => '2026-03-02 10:21+00')$$),
  't recorded', 'the same output time again is no news');
select is((select status from fleet.active_spawns where project = 'n'), 'stalled', 'and does not bring a stalled one back');
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['n'], array['t'], array[timestamptz '2026-03-02 10:05:00.000001+00'], p_at => '2026-03-02 10:21+00')$$),
  't revived', 'one microsecond later is news');
select fleet.register_spawn('old', 't', p_at => '2026-03-02 10:00+00') as done \gset
select count(*) as done from fleet.mark_stalled_spawns('old', '2026-03-02 10:20+00') \gset
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['old'], array['t'], array[timestamptz '2026-03-02 09:00+00'], p_at => '2026-03-02 10:21+00')$$),
  't recorded', 'a file that was there before the spawn is no sign of life');
select is((select status from fleet.active_spawns where project = 'old'), 'stalled', 'and does not bring a stalled one back');

-- duplicates
select fleet.register_spawn('d', 't', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.outcomes($$select * from fleet.record_spawn_outputs(array['d', 'd', 'd'], array['t', 't', 't'],
  array['2026-03-02 10:02+00', '2026-03-02 10:05+00', '2026-03-02 10:03+00']::timestamptz[], array['a', 'b', 'c'], null, '2026-03-02 10:06+00')$$),
  't recorded', 'a task given three times has one outcome');
select results_eq($$select last_output_change, error_line from fleet.active_spawns where project = 'd'$$,
  $$values (timestamptz '2026-03-02 10:05+00', 'b')$$, 'the later output counts');
select count(*) as done from fleet.record_spawn_outputs(array['d', 'd'], array['t', 't'],
  array[null, '2026-03-02 10:07+00']::timestamptz[], p_at => '2026-03-02 10:08+00') \gset
select is((select last_output_change from fleet.active_spawns where project = 'd'), '2026-03-02 10:07+00', 'a known time counts before none');
select count(*) as done from fleet.record_spawn_outputs(array['d', 'd'], array['t', 't'],
  array['9000-01-01 00:00+00', '2026-03-02 10:09+00']::timestamptz[], p_at => '2026-03-02 10:10+00') \gset
select is((select last_output_change from fleet.active_spawns where project = 'd'), '2026-03-02 10:09+00',
  'a time from the future does not hide one that is believed');

-- edges

select is_empty($$select * from fleet.record_spawn_outputs('{}', '{}', '{}')$$, 'an empty batch is empty');
select is_empty($$select * from fleet.record_spawn_outputs('{}', '{}', '{}', '{}', '{}')$$, 'with all its arrays, too');
select count(fleet.register_spawn('h' || i % 10, 't' || i, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 100) as i \gset
select is((select count(*) from fleet.record_spawn_outputs(
    array(select 'h' || i % 10 from generate_series(100, 1, -1) as i), array(select 't' || i from generate_series(100, 1, -1) as i),
    array(select timestamptz '2026-03-02 10:00+00' + make_interval(secs => i) from generate_series(100, 1, -1) as i), p_at => '2026-03-02 10:05+00')
  where outcome = 'recorded'), 100::bigint, 'a batch of 100 in whatever order records all');
select is((select count(*) from fleet.active_spawns where project like 'h%' and last_output_change = '2026-03-02 10:00+00'::timestamptz + make_interval(secs => substr(task_id, 2)::integer)),
  100::bigint, 'each its own time');
select fleet.register_spawn('"🚀 ''q', E'\u200fמ', p_at => '2026-03-02 10:00+00') as done \gset
select is((select outcome from fleet.record_spawn_outputs(array['"🚀 ''q'], array[E'\u200fמ'], array[timestamptz '2026-03-02 10:01+00'])), 'recorded',
  'names with quotes, emoji and right-to-left marks work');
select count(*) as done from fleet.record_spawn_outputs(array['d'], array['t'], array[timestamptz '2026-03-02 10:11+00'], p_at => '9000-01-01 00:00+00') \gset
select ok((select last_checked_at <= clock_timestamp() from fleet.active_spawns where project = 'd'), 'a look from the future is not believed');

-- errors

select throws_ok($$select * from fleet.record_spawn_outputs(array['p', 'p'], array['alive'], array[now(), now()])$$, 'MF008', null, 'arrays of unequal length are refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], array['a', 'b'])$$, 'MF008', null, 'so are more lines than tasks');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], null, '{}')$$, 'MF008', null, 'and fewer problems');
select throws_ok($$select * from fleet.record_spawn_outputs(null, array['alive'], array[now()])$$, 'MF008', null, 'missing projects are refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], null)$$, 'MF008', null, 'missing times are refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p', null], array['alive', 'x'], array[now(), now()])$$, 'MF003', null, 'a null project is refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p', 'p'], array['alive', ''], array[now(), now()])$$, 'MF003', null, 'an empty task is refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], null, array['strange'])$$, 'MF004', null, 'an unknown problem is refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], null, array['missing file'])$$, 'MF004', null, 'a code needs a colon before its words');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], null, array[''])$$, 'MF004', null, 'an empty problem is refused');
select throws_ok($$select * from fleet.record_spawn_outputs(array['p'], array['alive'], array[now()], p_at => null)$$, 'MF003', null, 'a missing time of the look is refused');
select is((select last_output_change from fleet.active_spawns where project = 'p' and task_id = 'alive'), '2026-03-02 10:26+00',
  'a refused batch records nothing of it');

-- edges: one impossible time does not cost the others their look

select count(fleet.register_spawn('odd', 't' || n, p_at => '2026-03-02 10:00+00')) as done from generate_series(1, 4) as n \gset
select results_eq(
  $$select task_id, outcome from fleet.record_spawn_outputs(array_fill('odd'::text, array[4]), array['t1', 't2', 't3', 't4'],
    array['1970-01-01 00:00+00', '-infinity', 'infinity', '2026-03-02 10:05+00']::timestamptz[], p_at => '2026-03-02 10:06+00')$$,
  $$values ('t1', 'recorded'), ('t2', 'recorded'), ('t3', 'future'), ('t4', 'recorded')$$, 'each is judged by itself');
select results_eq(
  $$select task_id, last_output_change, output_problem from fleet.active_spawns where project = 'odd' order by task_id$$,
  $$values ('t1', null::timestamptz, 'irregular: modified before the year 2000'), ('t2', null, 'irregular: modified before the year 2000'),
    ('t3', null, 'future_mtime'), ('t4', '2026-03-02 10:05+00', null)$$, 'an impossible time is no time, and is reported');

select * from finish();
rollback;
