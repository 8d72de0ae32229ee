begin;
select plan(76);

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

create temp view samples as select * from fleet.context_samples union all select * from fleet.context_samples_overflow;
create function pg_temp.shown(p_project text) returns text language sql as $$
  select concat_ws(' ', s.context_usage, s.estimated_tokens_used, s.estimated_tokens_total,
    to_char(s.last_context_check at time zone 'UTC', 'HH24:MI:SS'), to_char(s.last_activity at time zone 'UTC', 'HH24:MI:SS'))
  from fleet.ps_sessions as s where s.project = p_project
$$;

select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as p_id \gset

-- contract

select has_function('fleet', 'update_session_context', array['text', 'double precision', 'bigint', 'bigint', 'timestamp with time zone'],
  'update_session_context takes project, percentage, tokens used, total and time');
select function_returns('fleet', 'update_session_context', 'void', 'update_session_context returns nothing');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.update_session_context(''p'', 10, 20000, 200000, ''2026-03-02 09:00:30+00'')')$$,
  'a writer may tell a reading');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.update_session_context(''p'', 10, 20000, 200000)')$$, '42501', null,
  'a reader may not');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'insert into fleet.context_samples select * from fleet.context_samples returning 1')$$, '42501', null,
  'nor may a writer past the function');

-- behaviour

select fleet.update_session_context('p', 31.6, 63153, 200000, '2026-03-02 09:01+00') as done \gset
select is(pg_temp.shown('p'), '0.316000 63153 200000 09:01:00 09:01:00', 'a reading is shown by the session: usage, tokens, when, and as a sign of life');
select results_eq($$select ps_session_id, context_usage, tokens_used, tokens_total from samples where project = 'p' and sampled_at = '2026-03-02 09:01+00'$$,
  format($$values (%s::bigint, 0.316, 63153::bigint, 200000::bigint)$$, :p_id), 'and kept as a sample of that session');
select fleet.update_session_context('p', 31.6, 63153, 200000, '2026-03-02 09:01+00') as done \gset
select is((select count(*) from samples where project = 'p' and sampled_at = '2026-03-02 09:01+00'), 1::bigint, 'the same reading again is the same sample');
select fleet.update_session_context('p', 32, 64000, 200000, '2026-03-02 09:01+00') as done \gset
select is(pg_temp.shown('p'), '0.320000 64000 200000 09:01:00 09:01:00', 'of two readings of one instant the later told is shown');
select is((select string_agg(tokens_used::text, ' ') from samples where project = 'p' and sampled_at = '2026-03-02 09:01+00'), '64000', 'and kept');
select fleet.update_session_context('p', 20, 40000, 200000, '2026-03-02 09:02+00') as done \gset
select is(pg_temp.shown('p'), '0.200000 40000 200000 09:02:00 09:02:00', 'a fall is shown as it is: a compaction');

-- behaviour: late readings

select fleet.update_session_context('p', 50, 100000, 200000, '2026-03-02 09:01:30+00') as done \gset
select is(pg_temp.shown('p'), '0.200000 40000 200000 09:02:00 09:02:00', 'a late reading changes nothing of the session');
select is((select context_usage from samples where project = 'p' and sampled_at = '2026-03-02 09:01:30+00'), 0.5, 'and is kept as a sample');
select fleet.touch_session('p', p_at => '2026-03-02 09:10+00') as done \gset
select fleet.update_session_context('p', 25, 50000, 200000, '2026-03-02 09:05+00') as done \gset
select is(pg_temp.shown('p'), '0.250000 50000 200000 09:05:00 09:10:00', 'a reading older than the last sign of life is shown, and never moves that back');

-- behaviour: whose reading a late one is

select fleet.start_session('turn', 'cli', 'first', p_at => '2026-03-02 09:00+00') as first_id \gset
select fleet.update_session_context('turn', 90, 450000, 500000, '2026-03-02 09:30+00') as done \gset
select fleet.start_session('turn', 'cli', 'second', p_at => '2026-03-02 10:00+00') as second_id \gset
select fleet.update_session_context('turn', 95, 475000, p_at => '2026-03-02 09:59+00') as done \gset
select results_eq($$select context_usage, last_context_check from fleet.ps_sessions where project = 'turn'$$, $$values (null::numeric, null::timestamptz)$$,
  'what is told late of a replaced session is not shown by its successor');
select results_eq($$select ps_session_id, context_usage, tokens_total from samples where project = 'turn' and sampled_at = '2026-03-02 09:59+00'$$,
  format($$values (%s::bigint, 0.95, 500000::bigint)$$, :first_id), 'it is a sample of the replaced one, with the size of its window');
select fleet.update_session_context('turn', 5, 10000, p_at => '2026-03-02 10:00+00') as done \gset
select is((select ps_session_id from samples where project = 'turn' and sampled_at = '2026-03-02 10:00+00'), :second_id::bigint,
  'what is read at its start is the successor''s');
select fleet.start_session('skew', p_at => '2026-03-02 09:00:01+00') as skew_id \gset
select fleet.update_session_context('skew', 1, 2000, p_at => '2026-03-02 09:00+00') as done \gset
select is(pg_temp.shown('skew'), '0.010000 2000 200000 09:00:00 09:00:01', 'a reading from before the first session is its own: a clock is a little late');
select fleet.start_session('over', 'cli', 's', p_at => '2026-03-02 09:00+00') as over_id \gset
select fleet.end_session('over', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select fleet.update_session_context('over', 50, 100000, 200000, '2026-03-02 10:00+00')$$,
  'a reading of a session that has ended since is no error');
select results_eq($$select context_usage, last_activity from fleet.ps_sessions where project = 'over'$$, $$values (null::numeric, timestamptz '2026-03-02 09:00+00')$$,
  'it does not change the ended session');
select is((select ps_session_id from samples where project = 'over'), :over_id::bigint, 'and is a sample of it');
select fleet.archive_ended_sessions(p_at => '2026-03-04 00:00+00') as done \gset
select lives_ok($$select fleet.update_session_context('over', 51, 102000, 200000, '2026-03-02 09:30+00')$$, 'nor when it is archived');
select is((select string_agg(distinct ps_session_id::text, ' ') from samples where project = 'over'), :'over_id', 'that one is its sample too');

-- behaviour: what is not told

select fleet.start_session('size', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.update_session_context('size', 31.6, null, p_at => '2026-03-02 09:01+00') as done \gset
select is(pg_temp.shown('size'), '0.316000 63200 200000 09:01:00 09:01:00', 'without tokens they are reckoned; a window never told is 200,000');
select fleet.update_session_context('size', 10, 100000, 1000000, '2026-03-02 09:02+00') as done \gset
select fleet.update_session_context('size', 20, null, p_at => '2026-03-02 09:03+00') as done \gset
select is(pg_temp.shown('size'), '0.200000 200000 1000000 09:03:00 09:03:00', 'the window''s size is the one last reported');
select fleet.update_session_context('size', 30, 300000, p_at => '2026-03-02 09:04+00') as done \gset
select is(pg_temp.shown('size'), '0.300000 300000 1000000 09:04:00 09:04:00', 'with tokens too');
select fleet.update_session_context('size', 50, null, 400000, '2026-03-02 09:05+00') as done \gset
select is(pg_temp.shown('size'), '0.500000 200000 400000 09:05:00 09:05:00', 'another size than before is believed');
update fleet.ps_sessions set estimated_tokens_total = null where project = 'size';
select fleet.update_session_context('size', 50, null, p_at => '2026-03-02 09:06+00') as done \gset
select is(pg_temp.shown('size'), '0.500000 100000 200000 09:06:00 09:06:00', 'where none is known it is 200,000');

-- edges

select lives_ok(c.call, c.label)
from (values
  (1, $$select fleet.update_session_context('p'::varchar, 31.6, 63153, 200000)$$, 'the source''s four arguments by position, varchar-typed, work'),
  (2, $$select fleet.update_session_context('p'::varchar, 31.6::float, 63153::int, 200000::int)$$, 'with a float and integers, as drivers send them'),
  (7, $$select fleet.update_session_context('p', 31.6::real, 6320::smallint, 20000)$$, 'with a real and a smallint'),
  (4, $$select fleet.update_session_context('p', 31.6::numeric, 63153)$$, 'with a numeric, and without a size'),
  (5, $$select fleet.update_session_context('p', '31.6', '63153', '200000')$$, 'with literals of no type'),
  (6, $$select fleet.update_session_context(p_tokens_total => 200000, p_tokens_used => 63153, p_context_percentage => 31.6, p_project => 'p')$$, 'with names')
  ) as c (no, call, label)
order by c.no;
select fleet.start_session('edge', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.update_session_context('edge', 0, 0, 1, '2026-03-02 09:01+00') as done \gset
select is(pg_temp.shown('edge'), '0.000000 0 1 09:01:00 09:01:00', 'an empty window is a reading');
select fleet.update_session_context('edge', 100, 9223372036854775807, 9223372036854775807, '2026-03-02 09:02+00') as done \gset
select is(pg_temp.shown('edge'), '1.000000 9223372036854775807 9223372036854775807 09:02:00 09:02:00', 'a full one of any size is');
select fleet.update_session_context('edge', 100, null, p_at => '2026-03-02 09:03+00') as done \gset
select is(pg_temp.shown('edge'), '1.000000 9223372036854775807 9223372036854775807 09:03:00 09:03:00', 'and reckoning overflows nothing');
select fleet.update_session_context('edge', 0.7, 1400, 200000, '2026-03-02 09:04+00') as done \gset
select is(pg_temp.shown('edge'), '0.007000 1400 200000 09:04:00 09:04:00', 'trap 5: 0.7 is 0.7 per cent');
select fleet.update_session_context('edge', 100.0/3, null, 200000, '2026-03-02 09:05+00') as done \gset
select is(pg_temp.shown('edge'), '0.333333 66667 200000 09:05:00 09:05:00', 'a third is kept to the millionth');
select fleet.update_session_context('edge', 85::float, null, 200000, '2026-03-02 09:06+00') as done \gset
select is((select zone from fleet.get_context_zone('edge')), 'critical', '85 as a float is 85 exactly: the zone that begins there');
select fleet.update_session_context('edge', 84.9999, null, 200000, '2026-03-02 09:07+00') as done \gset
select is((select zone from fleet.get_context_zone('edge')), 'warning', 'a little less is not');
select fleet.update_session_context('edge', 50, 101000, 202000, '9000-01-01 00:00+00') as done \gset
select ok((select last_context_check <= clock_timestamp() from fleet.ps_sessions where project = 'edge'), 'trap 12: a reading from the future is not believed');
select is((select claimed_at from fleet.clock_anomalies where routing_key = 'edge' and source = 'update_session_context'), '9000-01-01 00:00+00', 'and is recorded as an anomaly');
select ok((select max(sampled_at) <= clock_timestamp() from samples where project = 'edge'), 'no sample lies there');
set local timezone = 'Pacific/Kiritimati';
set local datestyle = 'German, DMY';
select fleet.start_session('🚀 ''"%s', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.update_session_context('🚀 ''"%s', 31.6, 63153, 200000, '2026-03-02 09:01+00') as done \gset
reset timezone;
reset datestyle;
select is(pg_temp.shown('🚀 ''"%s'), '0.316000 63153 200000 09:01:00 09:01:00', 'names are data, and no setting of the session matters');
select is((select count(distinct sampled_at::date) from samples where project = 'turn'), 1::bigint, 'a project has its samples only');
select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset
select is((select count(*) from fleet.context_samples where project = 'turn'), 3::bigint, 'samples that came before their partition move into it');
select fleet.update_session_context('turn', 6, 12000, 200000, '2026-03-02 10:00+00') as done \gset
select is((select count(*) from samples where project = 'turn'), 3::bigint, 'where a repeat finds them');

-- errors

create temp table before as select * from fleet.ps_sessions;
create temp table samples_before as select * from samples;
select throws_ok(format('select fleet.update_session_context(%L, %s, %s, %s)', 'p', p, u, t), 'MF003', null, label)
from (values
  (1, 'null', '63153', '200000', 'a missing percentage is refused'),
  (2, '101', 'null', 'null', 'trap 5: 101 is refused by name, not by a constraint'),
  (3, '100.000001', '200000', '200000', 'so is a little over 100'),
  (4, '-0.1', 'null', 'null', 'and a negative one'),
  (5, '''NaN''', 'null', 'null', 'trap 5: NaN is refused'),
  (6, '''NaN''::numeric', '63153', '200000', 'as a numeric with tokens too'),
  (7, '''Infinity''', 'null', 'null', 'infinity is refused'),
  (8, '''-Infinity''', 'null', 'null', '-infinity is refused'),
  (9, '0.7', '140000', '200000', 'trap 5: 0.7 for 70 is refused where the tokens contradict'),
  (10, '0.7', '140000', 'null', 'also where the size is the known one'),
  (11, '70', '137999', '200000', 'a little over a point apart is refused'),
  (12, '100', '200001', '200000', 'more tokens than there are are refused'),
  (13, '31.6', '632000', 'null', 'also more than the size known: then the size must be told'),
  (14, '31.6', '-1', '200000', 'negative tokens are refused'),
  (15, '0', '0', '0', 'a window of nothing is refused'),
  (16, '0', 'null', '-200000', 'a negative one is refused')
) as t (no, p, u, t, label)
order by t.no;
select throws_ok($$select fleet.update_session_context('p', 31.6, 63153, 200000, null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.update_session_context('p', 31.6, 63153, 200000, 'infinity')$$, 'MF003', null, 'an infinite time is refused');
select throws_ok($$select fleet.update_session_context('p', 31.6, 63153, 200000, '1999-12-31 00:00+00')$$, 'MF003', null, 'a time before 2000 is refused');
select throws_ok($$select fleet.update_session_context(null, 31.6, 63153, 200000)$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.update_session_context('', 31.6, 63153, 200000)$$, 'MF003', null, 'an empty project is refused');
select throws_ok($$select fleet.update_session_context('nobody', 31.6, 63153, 200000)$$, 'MF001', null, 'trap 4: an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.update_session_context('p ', 31.6, 63153, 200000)$$, 'MF003', null, 'a blank behind a name is refused');
select throws_ok($$select fleet.update_session_context('over', 31.6, 63153, 200000, '2026-03-02 10:00:00.000001+00')$$, 'MF005', null,
  'a reading after the session''s end is an error');
select throws_ok($$select fleet.update_session_context('over', 31.6, 63153, 200000, '2026-03-02 08:59+00')$$, 'MF005', null,
  'so is one from before its start');
select fleet.register_spawn('spawns-only', 't', p_at => '2026-03-02 09:00+00') as done \gset
select throws_ok($$select fleet.update_session_context('spawns-only', 31.6, 63153, 200000)$$, 'MF005', null, 'a project without a session is an error of its own');
select set_eq('select * from fleet.ps_sessions', 'select * from before', 'refused readings change nothing');
select set_eq('select * from samples', 'select * from samples_before', 'and leave no sample');

select * from finish();
rollback;
