begin;

\ir ../../support/helpers.psql

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

-- project/type: spawns, open, completed, failed, abandoned, rate, mean, p95
create function pg_temp.told(p_project text default null, p_type text default null, p_from timestamptz default null,
  p_to timestamptz default null, p_at timestamptz default '2026-04-01 00:00+00')
returns text language sql as $$
  select string_agg(concat_ws(' ', coalesce(s.task_type, '-'), s.spawns, s.open_spawns, s.completed, s.failed, s.abandoned,
    coalesce(s.success_rate_percent::text, '-'), coalesce(s.mean_duration_seconds::text, '-'), coalesce(s.p95_duration_seconds::text, '-')),
    ', ' order by s.n)
  from (select *, row_number() over () as n from fleet.get_spawn_statistics(p_project, p_type, p_from, p_to, p_at)) as s
$$;

-- contract

select has_function('fleet', 'get_spawn_statistics',
  array['text', 'text', 'timestamp with time zone', 'timestamp with time zone', 'timestamp with time zone'],
  'get_spawn_statistics takes project, task type, from, to and time');
select volatility_is('fleet', 'get_spawn_statistics', 'stable', 'it only reads');
select is(pg_temp.callers('fleet.get_spawn_statistics(text,text,timestamptz,timestamptz,timestamptz)'), array['fleet_reader'],
  'readers may call it, nobody else');
select is_empty($$select from fleet.get_spawn_statistics()$$, 'of nothing it tells nothing');

-- behaviour: durations of 10, 20, 30 and 40 seconds, and one that runs

select count(fleet.register_spawn('p', 't' || n, 'research', p_at => timestamptz '2026-03-02 10:00+00' + n * interval '1 hour')) as done
from generate_series(1, 5) as n \gset
select fleet.complete_spawn('p', 't1', p_at => '2026-03-02 11:00:10+00') as done \gset
select fleet.complete_spawn('p', 't2', p_at => '2026-03-02 12:00:20+00') as done \gset
select fleet.fail_spawn('p', 't3', p_at => '2026-03-02 13:00:30+00') as done \gset
select fleet.abandon_spawn('p', 't4', p_at => '2026-03-02 14:00:40+00') as done \gset
select fleet.record_spawn_usage('p', 't1', 100, 0.5, p_at => '2026-03-02 11:00+00') as done \gset
select fleet.record_spawn_usage('p', 't5', 11, 0.25, p_at => '2026-03-02 15:00+00') as done \gset
select is(pg_temp.run_as('fleet_reader', 'select spawns from fleet.get_spawn_statistics(''p'')'), '5', 'a reader may ask');
select is(pg_temp.told('p'), 'research 5 1 2 1 1 50.00 25.000 38.500', 'success counts of those that ended; mean and p95 of how long they took');
select results_eq($$select project, tokens_used, cost_usd from fleet.get_spawn_statistics('p')$$, $$values ('p', 111::bigint, 0.75)$$, 'use is summed, of open ones too');
select is(pg_temp.told('p', p_from => '2026-03-02 15:00+00'), 'research 1 1 0 0 0 - - -', 'where none has ended there is no rate and no duration');
select fleet.archive_ended_spawns(2, '2026-03-10 00:00+00') as done \gset
select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select fleet.archive_ended_spawns(1, '2026-03-10 00:00+00') as done \gset
select is(pg_temp.told('p'), 'research 5 1 2 1 1 50.00 25.000 38.500', 'archived spawns count like live ones');
select fleet.register_spawn('p', 't1', 'research', p_at => '2026-03-20 10:00+00') as done \gset
select is(pg_temp.told('p'), 'research 6 2 2 1 1 50.00 25.000 38.500', 'each attempt is a spawn');
select fleet.register_spawn('p', 'plain', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('p', 'plain', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.register_spawn('q', 'r', 'review', p_at => '2026-03-02 10:00+00') as done \gset
select is(pg_temp.told('p'), 'research 6 2 2 1 1 50.00 25.000 38.500, - 1 0 1 0 0 100.00 0.000 0.000', 'spawns without a type are a row of their own, the last');
select is(pg_temp.told('p', 'research'), 'research 6 2 2 1 1 50.00 25.000 38.500', 'a type may be named');
select is(pg_temp.told(null, 'review'), 'review 1 1 0 0 0 - - -', 'without a project, in all of them');
select results_eq($$select project, task_type from fleet.get_spawn_statistics()$$,
  $$values ('p', 'research'), ('p', null), ('q', 'review')$$, 'the whole fleet stands in the order of projects and types');
select set_eq('select * from fleet.spawn_statistics', $$select * from fleet.get_spawn_statistics(p_at => '2026-04-01 00:00+00')$$,
  'without bounds it tells what the view spawn_statistics shows');

-- edges: the window, and as of when

select is(pg_temp.told('p', 'research', '2026-03-02 12:00+00', '2026-03-02 14:00+00'), 'research 2 0 1 1 0 50.00 25.000 29.500',
  'p_from belongs to the stretch, p_to does not');
select is(pg_temp.told('p', 'research', '2026-03-02 12:00:00.000001+00', '2026-03-02 14:00:00.000001+00'), 'research 2 0 0 1 1 0.00 35.000 39.500',
  'to the microsecond; it is the spawn that counts, not the end');
select is(pg_temp.told('p', p_at => '2026-03-02 12:00:19+00'), 'research 2 1 1 0 0 100.00 10.000 10.000, - 1 0 1 0 0 100.00 0.000 0.000',
  'as of a past moment: what ended later is open, what was spawned later is not there');
select is(pg_temp.told('p', p_at => '2026-03-02 12:00:20+00'), 'research 2 0 2 0 0 100.00 15.000 19.500, - 1 0 1 0 0 100.00 0.000 0.000',
  'in the instant of its end it has ended');
select is(pg_temp.told('p', p_to => '2026-01-01 00:00+00'), null, 'a stretch without spawns has no row');
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'odd', 't', '-infinity', 'failed', '2026-03-02 10:00+00', now(), now(), 1);
select is(pg_temp.told('odd'), '- 1 0 0 1 0 0.00 - -', 'trap 11: an impossible time has no duration and fails nothing');

-- errors

select throws_ok($$select * from fleet.get_spawn_statistics('nobody')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select * from fleet.get_spawn_statistics('p', null, '2026-03-02', '2026-03-02')$$, 'MF003', null, 'a stretch of no length is refused');
select throws_ok($$select * from fleet.get_spawn_statistics(p_at => 'infinity')$$, 'MF003', null, 'an infinite time is refused');
select throws_ok($$select * from fleet.get_spawn_statistics(p_at => null)$$, 'MF003', null, 'a missing one too');

select * from finish();
rollback;
