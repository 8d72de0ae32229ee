begin;
select plan(19);

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

-- contract

select has_function('fleet', 'abandon_spawn', array['text', 'text', 'text', 'bigint', 'timestamp with time zone'],
  'abandon_spawn takes project, task, reason and time');
select function_returns('fleet', 'abandon_spawn', 'bigint', 'abandon_spawn returns the id of the spawn');
select fleet.register_spawn('w', 't', p_at => '2026-03-02 10:00+00') as w_id \gset
select is(pg_temp.run_as('fleet_writer', 'select fleet.abandon_spawn(''w'', ''t'', ''x'')')::bigint, :w_id::bigint, 'a writer may abandon a spawn');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.abandon_spawn(''w'', ''t'')')$$, '42501', null,
  'a reader may not abandon a spawn');

-- behaviour

select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00') as t_id \gset
select count(*) as done from fleet.mark_stalled_spawns('p', '2026-03-02 11:00+00') \gset
select is(fleet.abandon_spawn('p', 't', 'hung', p_at => '2026-03-02 11:10+00'), :t_id::bigint, 'abandoning returns the id of the spawn');
select results_eq(
  $$select status, failure_reason, completed_at, exit_code, error_message, stalled_at from fleet.active_spawns where project = 'p'$$,
  $$values ('abandoned', 'hung', timestamptz '2026-03-02 11:10+00', null::integer, null::text, null::timestamptz)$$,
  'an abandoned spawn has the reason and when it was given up');
select is(fleet.abandon_spawn('p', 't', 'bored', p_at => '2026-03-02 12:00+00'), :t_id::bigint, 'told again, it returns the same id');
select is((select failure_reason from fleet.active_spawns where project = 'p'), 'hung', 'and the first reason stays');
select throws_ok($$select fleet.complete_spawn('p', 't', 0, p_at => '2026-03-02 12:00+00')$$, 'MF005', null,
  'a spawn that was given up cannot complete: an end is final');
select is_empty($$select 1 from fleet.get_stalled_spawns('p', '2026-03-02 13:00+00')$$, 'nobody waits for it any longer');
select fleet.register_spawn('p', 't', p_at => '2026-03-02 12:00+00') as t2_id \gset
select is(pg_temp.answer($$select fleet.abandon_spawn('p', 't', 'hung', p_at => '2026-03-02 11:10+00')$$), :t_id::text,
  'told again after the next attempt started, it returns the earlier attempt');

-- edges

select fleet.register_spawn('bare', 't', p_at => '2026-03-02 10:00+00') as done \gset
select lives_ok($$select fleet.abandon_spawn('bare', 't')$$, 'a reason is optional');
select lives_ok($$select fleet.abandon_spawn('bare'::varchar, 't'::varchar, 'x'::varchar)$$, 'varchar arguments by position work');

-- errors

select fleet.register_spawn('e', 't', p_at => '2026-03-02 10:00+00') as done \gset
select throws_ok($$select fleet.abandon_spawn('nobody', 't')$$, 'MF001', null, 'an unknown project is an error, never a silent no-op');
select throws_ok($$select fleet.abandon_spawn('e', 'nothing')$$, 'MF002', null, 'an unknown task of a known project is an error of its own');
select throws_ok($$select fleet.abandon_spawn('e', 't', 'x', p_at => '2026-03-02 09:59:59.999999+00')$$, 'MF003', null,
  'a spawn cannot end before it was spawned');
select throws_ok($$select fleet.abandon_spawn('', 't')$$, 'MF003', null, 'an empty project is refused');
select throws_ok($$select fleet.abandon_spawn('e', 't', 'x', p_at => null)$$, 'MF003', null, 'a missing time is refused');
select is((select status from fleet.active_spawns where project = 'e'), 'running', 'a refused end changes nothing');

select * from finish();
rollback;
