begin;
select plan(34);

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

create function pg_temp.complaint(p_sql text) returns text language plpgsql as $$
declare
  v_detail text;
begin
  execute p_sql;
  return 'none';
exception
  when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return concat_ws(' ', sqlstate, sqlerrm, v_detail);
end
$$;

create function pg_temp.shown(p_project text) returns text language sql as $$
  select concat_ws(' ', s.context_usage, s.estimated_tokens_used, s.estimated_tokens_total, to_char(s.last_context_check at time zone 'UTC', 'HH24:MI:SS'))
  from fleet.ps_sessions as s where s.project = p_project
$$;

select fleet.start_session('p', 'cli', 's1', p_at => '2026-03-02 09:00+00') as p_id \gset

-- contract

select has_function('fleet', 'report_context_text', array['text', 'text', 'timestamp with time zone'], 'report_context_text takes project, text and time');
select function_returns('fleet', 'report_context_text', 'numeric', 'report_context_text returns the percentage that was read');
select is(pg_temp.run_as('fleet_writer', $$select fleet.report_context_text('p', 'Context: 31.6% (63,153/200,000 tokens)', '2026-03-02 09:01+00')$$), '31.6',
  'a writer may report an answer');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.report_context_text(''p'', ''Context: 31.6%'')')$$, '42501', null, 'a reader may not');

-- behaviour

select is(pg_temp.shown('p'), '0.316000 63153 200000 09:01:00', 'what was read is recorded as a reading');
select is((select count(*) from (select from fleet.context_samples union all select from fleet.context_samples_overflow) as s), 1::bigint, 'and kept as a sample');
select is(fleet.report_context_text('p', 'Context: 126,306/200,000 tokens', '2026-03-02 09:02+00'), 63.153, 'a percentage that was not told is reckoned');
select is(pg_temp.shown('p'), '0.631530 126306 200000 09:02:00', 'and recorded');
select is(fleet.report_context_text('p', 'Context: 70%', '2026-03-02 09:03+00'), 70::numeric, 'a percentage alone is enough');
select is(pg_temp.shown('p'), '0.700000 140000 200000 09:03:00', 'tokens are reckoned then');
select fleet.report_context_text('p', 'Context: 12% (120k/1M tokens)', '2026-03-02 09:04+00') as done \gset
select fleet.report_context_text('p', 'Context: 13%', '2026-03-02 09:05+00') as done \gset
select is(pg_temp.shown('p'), '0.130000 130000 1000000 09:05:00', 'by the size of the window that was told before');
select fleet.report_context_text('p', 'Context: 50% (500k/1M tokens)', '2026-03-02 09:04:30+00') as done \gset
select is(pg_temp.shown('p'), '0.130000 130000 1000000 09:05:00', 'a late answer changes nothing of the session');
select is(fleet.report_context_text('p'::varchar, 'Context: 31.6%'::varchar), 31.6, 'varchar arguments by position work, as of now');

-- edges

select is(fleet.report_context_text('p', repeat('I did this and that. ', 50000) || E'\nContext: 31.6% (63,153/200,000 tokens)\n'), 31.6, 'a long answer is read to its end');
select is(fleet.report_context_text('p', U&'\200FContext: 31.6%\200F'), 31.6, 'marks of right-to-left writing do no harm');
select is(fleet.report_context_text('p', E'Robert''); drop table fleet.ps_sessions; -- Context: 31.6%'), 31.6, 'an answer is data');
select ok((select fleet.report_context_text('p', 'Context: 31.6%', '9000-01-01 00:00+00') = 31.6 and last_context_check <= clock_timestamp() from fleet.ps_sessions where project = 'p'),
  'an answer from the future is not believed');

-- errors

create temp table before as select * from fleet.ps_sessions;
select throws_ok(format('select fleet.report_context_text(%L, %L)', 'p', t), 'MF003', null, label)
from (values
  (1, null, 'a missing text is refused'),
  (2, '', 'an empty one is'),
  (3, 'Done.', 'one without a reading is: a guess would be worse than none'),
  (4, 'Context: 3/4 done', 'so is one that counts something else'),
  (5, 'Context left until auto-compact: 8%', 'and one that says what is left'),
  (6, 'Context: 101%', 'trap 5: 101 is refused'),
  (7, 'Context: NaN%', 'NaN is'),
  (8, 'Context: 250,000/200,000 tokens', 'more used than there are is'),
  (9, 'Context: 70% (63,153/200,000 tokens)', 'a contradiction is'),
  (10, 'Context: 0.7% (140,000/200,000 tokens)', 'trap 5: a share for a percentage is'),
  (11, repeat('x', 1000000), 'a megabyte without a reading is')
) as t (no, t, label)
order by t.no;
select ok(length(pg_temp.complaint($$select fleet.report_context_text('p', repeat('x', 1000000))$$)) < 1000, 'the complaint quotes the beginning only');
select throws_ok($$select fleet.report_context_text('nobody', 'Context: 31.6%')$$, 'MF001', null, 'trap 4: an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.report_context_text(null, 'Context: 31.6%')$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.report_context_text('p', 'Context: 31.6%', null)$$, 'MF003', null, 'a missing time is refused');
select fleet.register_spawn('spawns-only', 't') as done \gset
select throws_ok($$select fleet.report_context_text('spawns-only', 'Context: 31.6%')$$, 'MF005', null, 'a project without a session is an error of its own');
select set_eq('select * from fleet.ps_sessions', 'select * from before', 'refused answers change nothing');

select * from finish();
rollback;
