begin;
select plan(59);

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

-- Readings of a project that starts at 09:00, as 'HH:MI percent' pairs.
create function pg_temp.tell(p_project text, p_readings text, p_total bigint default 200000) returns void language plpgsql as $$
declare
  v_reading text;
begin
  perform fleet.start_session(p_project, p_at => '2026-03-02 09:00+00');
  foreach v_reading in array string_to_array(p_readings, ', ') loop
    perform fleet.update_session_context(p_project, split_part(v_reading, ' ', 2)::numeric, null, p_total,
      ('2026-03-02 ' || split_part(v_reading, ' ', 1) || '+00')::timestamptz);
  end loop;
end
$$;
create function pg_temp.forecast(p_project text, p_at text, p_target text default 'critical') returns text language sql as $$
  select concat_ws(' ', f.samples, f.percent_per_hour, coalesce(f.fit::text, '-'), coalesce(f.seconds_to_target::text, 'never'))
  from fleet.get_context_forecast(p_project, p_target, p_at => ('2026-03-02 ' || p_at || '+00')::timestamptz) as f
$$;

select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset

-- contract

select has_function('fleet', 'get_context_forecast', array['text', 'text', 'interval', 'timestamp with time zone'],
  'get_context_forecast takes project, zone, window and time');
select volatility_is('fleet', 'get_context_forecast', array['text', 'text', 'interval', 'timestamp with time zone'], 'stable', 'it only reads');
select pg_temp.tell('even', '09:00 10, 09:10 20, 09:20 30, 09:30 40');
select is(pg_temp.run_as('fleet_reader', $$select seconds_to_target from fleet.get_context_forecast('even', p_at => '2026-03-02 09:30+00')$$), '2700', 'a reader may ask');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'select * from fleet.get_context_forecast(''even'')')$$, '42501', null, 'a writer may not');

-- behaviour: the line

select results_eq($$select * from fleet.get_context_forecast('even', p_at => '2026-03-02 09:30+00')$$,
  $$values ('even', 0.4, 4::bigint, 60.000, 1.0000, 0.85, 2700::numeric, timestamptz '2026-03-02 10:15+00', 90000::bigint, 'large', null::timestamptz)$$,
  'ten points in ten minutes: 45 points are 45 minutes away, with the tokens until then and the largest task that fits');
select is(pg_temp.forecast('even', '09:40'), '4 60.000 1.0000 2100', 'time that passed since the last reading counts');
select is(pg_temp.forecast('even', '10:15'), '4 60.000 1.0000 0', 'at the end of it nothing is left');
select is(pg_temp.forecast('even', '10:40'), '4 60.000 1.0000 0', 'nor later: never less than nothing');
select is(pg_temp.forecast('even', '09:30', 'warning'), '4 60.000 1.0000 1800', 'another zone is nearer');
select is(pg_temp.forecast('even', '09:30', 'noted'), '4 60.000 1.0000 0', 'one that is reached is at hand');
select is((select target_at from fleet.get_context_forecast('even', 'noted', p_at => '2026-03-02 09:30+00')), '2026-03-02 09:30+00', 'now');
select is((select concat_ws(' ', tokens_to_target, largest_task) from fleet.get_context_forecast('even', 'noted', p_at => '2026-03-02 09:30+00')), '0', 'with no tokens until then, and no task that fits');
select is(pg_temp.forecast('even', '09:20'), '3 60.000 1.0000 3300', 'as of an earlier time later readings are not known');
select pg_temp.tell('noisy', '09:00 10, 09:10 22, 09:20 28, 09:30 40');
select is((select concat_ws(' ', percent_per_hour, fit) from fleet.get_context_forecast('noisy', p_at => '2026-03-02 09:30+00')), '57.600 0.9846',
  'slope and fit are those of least squares');
select pg_temp.tell('curved', '09:00 1, 09:10 1, 09:20 1, 09:30 61');
select ok((select fit < 0.7 from fleet.get_context_forecast('curved', p_at => '2026-03-02 09:30+00')), 'what is no line fits badly');
select pg_temp.tell('large', '09:00 10, 09:30 40', 1000000);
select is((select concat_ws(' ', tokens_to_target, largest_task) from fleet.get_context_forecast('large', p_at => '2026-03-02 09:30+00')), '450000 large', 'a larger window leaves more tokens');

-- behaviour: flat, falling, few

select pg_temp.tell('flat', '09:00 30, 09:10 30, 09:20 30');
select is(pg_temp.forecast('flat', '09:20'), '3 0.000 1.0000 never', 'what does not grow never arrives');
select pg_temp.tell('flat thirds', '09:00 33.333333, 09:07 33.333333, 09:19 33.333333, 09:31 33.333333, 09:47 33.333333, 10:01 33.333333');
select is(pg_temp.forecast('flat thirds', '10:02'), '6 0.000 1.0000 never', 'nor by the noise of floats');
select pg_temp.tell('falling', '09:00 30, 09:10 25, 09:20 20');
select is(pg_temp.forecast('falling', '09:20'), '3 -30.000 1.0000 never', 'nor does what falls');
select is((select target_at from fleet.get_context_forecast('falling', p_at => '2026-03-02 09:20+00')), null, 'at no time');
select is((select largest_task from fleet.get_context_forecast('falling', p_at => '2026-03-02 09:20+00')), 'large', 'what fits is told all the same');
select pg_temp.tell('falling high', '09:00 99, 09:10 95, 09:20 90');
select is(pg_temp.forecast('falling high', '09:20'), '3 -27.000 0.9959 0', 'where the zone is reached it is reached, whatever the slope');
select pg_temp.tell('slow', '09:00 30, 10:00 30.0005');
select ok((select seconds_to_target > 1e8 and target_at is null from fleet.get_context_forecast('slow', p_at => '2026-03-02 10:00+00')), 'what is ten years away has no date');
select pg_temp.tell('one', '09:00 30');
select is(pg_temp.forecast('one', '09:20'), '1 - never', 'one reading is no line');
select is((select context_usage from fleet.get_context_forecast('one', p_at => '2026-03-02 09:20+00')), 0.3, 'but a reading');
select pg_temp.tell('two', '09:00 30, 09:10 40');
select is(pg_temp.forecast('two', '09:10'), '2 60.000 - 2700', 'two are a line, whose fit says nothing');
select pg_temp.tell('same', '09:00 30, 09:00 40');
select is(pg_temp.forecast('same', '09:10'), '1 - never', 'two readings of one instant are one');
select fleet.start_session('none', p_at => '2026-03-02 09:00+00') as done \gset
select is_empty($$select from fleet.get_context_forecast('none', p_at => '2026-03-02 09:20+00')$$, 'without a reading there is no forecast');

-- behaviour: compaction

select pg_temp.tell('compact', '09:00 60, 09:10 70, 09:20 80, 09:30 20, 09:40 25, 09:50 30');
select results_eq($$select samples, percent_per_hour, fit, seconds_to_target, compacted_at from fleet.get_context_forecast('compact', p_at => '2026-03-02 09:50+00')$$,
  $$values (3::bigint, 30.000, 1.0000, 6600::numeric, timestamptz '2026-03-02 09:30+00')$$, 'after a compaction only what follows counts, and it is told when');
select is(pg_temp.forecast('compact', '09:20'), '3 60.000 1.0000 300', 'before it, it was not known');
select is(pg_temp.forecast('compact', '09:30'), '1 - never', 'with it a new line begins');
select pg_temp.tell('twice', '09:00 80, 09:10 20, 09:20 80, 09:30 15, 09:40 20');
select is((select concat_ws(' ', samples, to_char(compacted_at at time zone 'UTC', 'HH24:MI')) from fleet.get_context_forecast('twice', p_at => '2026-03-02 09:40+00')), '2 09:30', 'of two the later counts');
select pg_temp.tell('small fall', '09:00 40, 09:10 30, 09:20 40');
select is((select concat_ws(' ', samples, compacted_at) from fleet.get_context_forecast('small fall', p_at => '2026-03-02 09:20+00')), '3', 'a fall by ten points exactly is none');
select pg_temp.tell('larger fall', '09:00 40, 09:10 29.9999, 09:20 40');
select is((select samples from fleet.get_context_forecast('larger fall', p_at => '2026-03-02 09:20+00')), 2::bigint, 'by a little more it is one');
select fleet.update_session_context('larger fall', 35, null, p_at => '2026-03-02 09:05+00') as done \gset
select is((select samples from fleet.get_context_forecast('larger fall', p_at => '2026-03-02 09:20+00')), 4::bigint, 'a late reading between may show that it was none');

-- behaviour: window, session, overflow

select is((select samples from fleet.get_context_forecast('even', 'critical', '20 minutes', '2026-03-02 09:30+00')), 2::bigint, 'what is as old as the window does not count');
select is((select samples from fleet.get_context_forecast('even', 'critical', '20 minutes 1 microsecond', '2026-03-02 09:30+00')), 3::bigint, 'what is younger does');
select is_empty($$select from fleet.get_context_forecast('even', 'critical', '1 microsecond', '2026-03-02 09:31+00')$$, 'without a reading in the window there is no forecast');
select is_empty($$select from fleet.get_context_forecast('even')$$, 'as of now where no time is given: those readings are old');
select pg_temp.tell('next', '09:00 10, 09:10 20');
select fleet.start_session('next', 'cli', 'second', p_at => '2026-03-02 09:15+00') as done \gset
select is_empty($$select from fleet.get_context_forecast('next', p_at => '2026-03-02 09:20+00')$$, 'what the replaced session used is not its successor''s');
select fleet.update_session_context('next', 50, null, p_at => '2026-03-02 09:20+00') as done \gset
select is(pg_temp.forecast('next', '09:20'), '1 - never', 'which has a line of its own');
select fleet.end_session('next', p_at => '2026-03-02 09:30+00') as done \gset
select is_empty($$select from fleet.get_context_forecast('next', p_at => '2026-03-02 09:25+00')$$, 'an ended session has no forecast');
select fleet.start_session('over', p_at => '2027-03-01 23:00+00') as done \gset
insert into fleet.context_samples_overflow
select 'over', timestamptz '2026-01-31 23:50+00' + n * interval '10 minutes', s.id, 0.1 * n, 20000 * n, 200000
from fleet.ps_sessions as s, generate_series(1, 3) as n where s.project = 'over';
select is((select concat_ws(' ', samples, percent_per_hour) from fleet.get_context_forecast('over', p_at => '2026-02-01 00:20+00')), '3 60.000', 'readings that lie in the overflow count, across midnight');

-- behaviour: rows decide

insert into fleet.context_zones values ('even', 'full', 1, 'critical', null, true, true, 'Stop.');
select is(pg_temp.forecast('even', '09:30', 'full'), '4 60.000 1.0000 3600', 'a project''s own zone is a target');
select results_eq($$select samples, target_from, seconds_to_target, tokens_to_target, largest_task from fleet.get_context_forecast('even', p_at => '2026-03-02 09:30+00')$$,
  $$values (4::bigint, null::numeric, null::numeric, null::bigint, null::text)$$, 'a zone that only others have is never reached');
delete from fleet.task_sizes where task_size not in (select largest_task from fleet.context_zones where largest_task is not null);
update fleet.task_sizes set needed_tokens = 90000 where task_size = 'large';
select is((select largest_task from fleet.get_context_forecast('noisy', p_at => '2026-03-02 09:30+00')), 'large', 'a task that just fits fits');
update fleet.task_sizes set needed_tokens = 90001 where task_size = 'large';
select is((select largest_task from fleet.get_context_forecast('noisy', p_at => '2026-03-02 09:30+00')), 'medium', 'one that takes a token more does not');

-- edges

set local timezone = 'Pacific/Kiritimati';
select is(pg_temp.forecast('noisy', '09:30', 'warning'), '4 57.600 0.9846 1875', 'no setting of the session changes a forecast');
reset timezone;
select is((select count(*) from fleet.get_context_forecast('noisy'::varchar, 'critical'::varchar, interval '10 years', '2026-03-02 09:30+00')), 1::bigint, 'varchar arguments by position work, the longest window does');
alter table fleet.context_samples_overflow drop constraint context_samples_sampled_at_check, drop constraint context_samples_context_usage_check;
insert into fleet.context_samples_overflow
select s.project, v.at, s.id, v.usage, 1, 2 from fleet.ps_sessions as s, (values (timestamptz '-infinity', 0.5), ('infinity', 0.5)) as v (at, usage) where s.project = 'noisy';
select is(pg_temp.forecast('noisy', '09:30', 'warning'), '4 57.600 0.9846 1875', 'trap 11: samples of no time are not read');

-- errors

select throws_ok(c.call, c.state, null, c.label)
from (values
  (1, $$select * from fleet.get_context_forecast('nobody')$$, 'MF001', 'an unknown project is an error'),
  (2, $$select * from fleet.get_context_forecast('noisy', 'critcal')$$, 'MF004', 'a mistyped zone is an error, not one never reached'),
  (3, $$select * from fleet.get_context_forecast('noisy', null)$$, 'MF004', 'a missing zone is refused'),
  (4, $$select * from fleet.get_context_forecast('noisy', 'critical', null)$$, 'MF003', 'a missing window is refused'),
  (5, $$select * from fleet.get_context_forecast('noisy', 'critical', '0')$$, 'MF003', 'an empty window is refused'),
  (6, $$select * from fleet.get_context_forecast('noisy', 'critical', '-1 hour')$$, 'MF003', 'a negative one is'),
  (7, $$select * from fleet.get_context_forecast('noisy', 'critical', '178000000 years')$$, 'MF003', 'one that is longer than time is'),
  (8, $$select * from fleet.get_context_forecast('noisy', p_at => null)$$, 'MF003', 'a missing time is refused'),
  (9, $$select * from fleet.get_context_forecast('noisy', p_at => 'infinity')$$, 'MF003', 'an infinite time is refused')) as c (no, call, state, label)
order by c.no;

select * from finish();
rollback;
