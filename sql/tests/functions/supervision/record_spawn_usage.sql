begin;

\ir ../../support/helpers.psql

select plan(54);

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

-- what a task's attempts used, oldest first: 'tokens/cost'
create function pg_temp.used(p_task_id text, p_project text default 'p') returns text language sql as $$
  select string_agg(s.tokens_used || '/' || trim_scale(s.cost_usd), ' ' order by s.attempt)
  from fleet.spawns as s where s.project = p_project and s.task_id = p_task_id
$$;
create temp view ledger as select * from fleet.spawn_usages union all select * from fleet.spawn_usages_overflow;

-- contract

select has_function('fleet', 'record_spawn_usage', array['text', 'text', 'bigint', 'numeric', 'uuid', 'timestamp with time zone'],
  'record_spawn_usage takes project, task, tokens, cost, event id and time');
select function_returns('fleet', 'record_spawn_usage', 'bigint', 'it returns the id of the spawn');
select volatility_is('fleet', 'record_spawn_usage', 'volatile', 'it writes');
select is(pg_temp.callers('fleet.record_spawn_usage(text,text,bigint,numeric,uuid,timestamptz)'), array['fleet_writer'], 'writers may call it, nobody else');
select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00') as t_id \gset
select is(pg_temp.run_as('fleet_writer', $$select fleet.record_spawn_usage('p', 't', 100, p_at => '2026-03-02 10:01+00')$$), :'t_id',
  'a writer may record usage and learns for which spawn it counts');
select is(pg_temp.used('t'), '100/0', 'a cost that is not known is 0');

-- behaviour: sums

select fleet.record_spawn_usage('p', 't', 20, 0.125, p_at => '2026-03-02 10:02+00') as done \gset
select is(pg_temp.used('t'), '120/0.125', 'usage adds up');
select bag_eq('select tokens_used, cost_usd, recorded_at, spawn_id from ledger',
  format($$values (100, 0.0, timestamptz '2026-03-02 10:01+00', %1$s), (20, 0.125, '2026-03-02 10:02+00', %1$s)$$, :'t_id'),
  'each event is a row of the ledger, with its time and its attempt');
select results_eq($$select last_output_change, last_checked_at, status from fleet.active_spawns where task_id = 't'$$,
  $$values (null::timestamptz, null::timestamptz, 'running')$$, 'usage is no sign of life');
select is((select updated_at from fleet.active_spawns where task_id = 't'), now(), 'the row knows that it changed');
select fleet.record_spawn_usage('p', 't', 5, p_at => '2026-03-02 10:02+00') as done \gset
select fleet.record_spawn_usage('p', 't', 5, p_at => '2026-03-02 10:02+00') as done \gset
select is(pg_temp.used('t'), '130/0.125', 'without an event id every call counts, even one that looks the same');

-- behaviour: repeats

\set e1 '''00000000-0000-0000-0000-000000000001'''
\set e2 '''00000000-0000-0000-0000-000000000002'''
select fleet.register_spawn('p', 'r', p_at => '2026-03-02 10:00+00') as r_id \gset
select is(fleet.record_spawn_usage('p', 'r', 10, 0.5, :e1, '2026-03-02 10:01+00'), :r_id::bigint, 'an event with an id is recorded');
select is(fleet.record_spawn_usage('p', 'r', 10, 0.5, :e1, '2026-03-02 10:01+00'), :r_id::bigint, 'the same event again returns the same spawn');
select is(pg_temp.used('r'), '10/0.5', 'and counts once');
select is(fleet.record_spawn_usage('p', 'r', 10, 0.5000, :e1), :r_id::bigint, 'a retry that names no time is a repeat as well');
select is(pg_temp.used('r'), '10/0.5', 'and counts once');
select is((select count(*) from ledger where task_id = 'r'), 1::bigint, 'in the ledger too');
select fleet.record_spawn_usage('p', 'r', 10, 0.5, :e2, '2026-03-02 10:01+00') as done \gset
select is(pg_temp.used('r'), '20/1', 'another event of the same instant counts');
select throws_ok(format($$select fleet.record_spawn_usage('p', 'r', 11, 0.5, %L, '2026-03-02 10:01+00')$$, :e1), 'MF006', null,
  'the same event with other tokens is a conflict');
select throws_ok(format($$select fleet.record_spawn_usage('p', 'r', 10, 0.6, %L, '2026-03-02 10:01+00')$$, :e1), 'MF006', null,
  'with another cost too');
select is(pg_temp.used('r'), '20/1', 'and changes nothing');
select fleet.register_spawn('q', 'r', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.record_spawn_usage('q', 'r', 10, 0.5, :e1, '2026-03-02 10:01+00') as done \gset
select is(pg_temp.used('r', 'q'), '10/0.5', 'another project''s event is another event');
select fleet.register_spawn('p', 'f') as done \gset
select fleet.record_spawn_usage('p', 'f', 7, p_event_id => :e1, p_at => '9000-01-01 00:00+00') as done \gset
select fleet.record_spawn_usage('p', 'f', 7, p_event_id => :e1, p_at => '9000-01-01 00:00+00') as done \gset
select is(pg_temp.used('f'), '7/0', 'a time from the future is not believed, and its repeat is known all the same');
select ok((select recorded_at < '8000-01-01' from ledger where task_id = 'f'), 'it stands in the ledger with the server''s time');
select is((select count(*) from fleet.list_clock_anomalies() where source = 'record_spawn_usage'), 1::bigint, 'and is reported');

-- behaviour: late events, attempts, the archive

select fleet.complete_spawn('p', 't', p_at => '2026-03-02 11:00+00') as done \gset
select is(fleet.record_spawn_usage('p', 't', 1, p_at => '2026-03-02 10:59+00'), :t_id::bigint, 'a late event of an ended spawn counts');
select fleet.archive_ended_spawns(p_at => '2026-03-04 00:00+00') as done \gset
select results_eq($$select is_archived, tokens_used, cost_usd from fleet.spawns where task_id = 't'$$, $$values (true, 131::bigint, 0.125)$$,
  'totals move with it to the history');
select is(fleet.record_spawn_usage('p', 't', 1, 0.005, :e1, p_at => '2026-03-02 10:59+00'), :t_id::bigint, 'a late event of an archived spawn counts');
select is(fleet.record_spawn_usage('p', 't', 1, 0.005, :e1, p_at => '2026-03-02 10:59+00'), :t_id::bigint, 'its repeat is known');
select is(pg_temp.used('t'), '132/0.13', 'and counts once');
select is((select count(*) from fleet.spawn_history_overflow), 1::bigint, 'as long as it waits in the overflow');
select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select fleet.record_spawn_usage('p', 't', 1, 0.005, :e1, p_at => '2026-03-02 10:59+00') as done \gset
select fleet.record_spawn_usage('p', 't', 1, 0.005, :e2, p_at => '2026-03-02 10:59+00') as done \gset
select is(pg_temp.used('t'), '133/0.135', 'and once its partition is there');
select is((select count(*) from fleet.spawn_history where tokens_used = 133), 1::bigint, 'where it stands now');
select fleet.register_spawn('p', 't', p_at => '2026-03-05 10:00+00') as second_id \gset
select is(pg_temp.used('t'), '133/0.135 0/0', 'a new attempt starts at nothing');
select is(fleet.record_spawn_usage('p', 't', 9, p_at => '2026-03-05 10:00+00'), :second_id::bigint, 'from its spawn on, usage is its own');
select is(fleet.record_spawn_usage('p', 't', 4, p_at => '2026-03-05 09:59:59.999999+00'), :t_id::bigint, 'usage of before is the earlier attempt''s');
select is(fleet.record_spawn_usage('p', 't', 2, p_at => '2026-03-01 00:00+00'), :t_id::bigint, 'usage of before the first spawn is the first attempt''s');
select is(pg_temp.used('t'), '139/0.135 9/0', 'each has its own sum');
select is(fleet.record_spawn_usage('p', 't', 1, 0.005, :e1), :t_id::bigint, 'a repeat told after the retry is still the first attempt''s');
select is(pg_temp.used('t'), '139/0.135 9/0', 'and counts for neither');

-- edges

select fleet.register_spawn('p', 'e', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.record_spawn_usage('p', 'e', 0, 0, p_at => '2026-03-02 10:01+00') as done \gset
select fleet.record_spawn_usage('p'::varchar, 'e'::varchar, 1000000000000, 1000000000, null, '2026-03-02 10:01+00') as done \gset
select is(pg_temp.used('e'), '1000000000000/1000000000', 'nothing and the most of all are accepted, varchar and by position');
select fleet.register_spawn('p', 'c') as done \gset
select fleet.record_spawn_usage('p', 'c', 1, 0.1 + 0.2 + 0.00000000000000004, :e1) as done \gset
select fleet.record_spawn_usage('p', 'c', 1, 0.3, :e1) as done \gset
select is(pg_temp.used('c'), '1/0.3', 'a cost is kept to 12 decimals: a float''s noise makes no conflict');

-- errors

select throws_ok(format('select fleet.record_spawn_usage(''p'', ''e'', %s)', arguments), 'MF003', null, label)
from (values
  ('null', 'missing tokens are refused'),
  ('-1', 'negative tokens are refused'),
  ('1000000000001', 'more tokens than anybody uses are refused'),
  ('1, null', 'a null cost is refused'),
  ('1, -0.01', 'a negative cost is refused'),
  ('1, ''NaN''', 'trap 5: NaN is no cost'),
  ('1, ''Infinity''', 'nor is infinity'),
  ('1, 1000000000.01', 'a cost beyond the most is refused'),
  ('1, p_at => ''infinity''', 'an infinite time is refused'),
  ('1, p_at => null', 'a missing time is refused')
) as t (arguments, label);
select throws_ok($$select fleet.record_spawn_usage('nobody', 't', 1)$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.record_spawn_usage('p', 'nothing', 1)$$, 'MF002', null, 'an unknown task of a known project is an error of its own');

select * from finish();
rollback;
