begin;
select plan(17);

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

create temp view checks as select * from fleet.health_checks union all select * from fleet.health_checks_overflow;

-- contract

select has_function('fleet', 'run_checks', array['timestamp with time zone'], 'run_checks takes a time');
select is(pg_temp.run_as('fleet_writer', 'select count(*) > 0 from fleet.run_checks()'), 'true', 'a writer may run the checks, as of now where no time is given');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select count(*) from fleet.run_checks()')$$, '42501', null, 'a reader may not: it records');

-- behaviour

select count(*) as done from fleet.ensure_partitions('2026-03-02 10:00+00') \gset
select results_eq($$select distinct name from fleet.run_checks('2026-03-02 10:00+00') order by name$$,
  $$values ('context'), ('handoff'), ('orphaned_work'), ('partitions'), ('spawn')$$, 'every kind of check that can be run is run');
select results_eq($$select name, status from fleet.run_checks('2026-03-02 10:00+00') where name in ('orphaned_work', 'spawn')$$,
  $$values ('orphaned_work', 'ok'), ('spawn', 'ok')$$, 'in order of name');
select fleet.start_session('p', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.register_spawn('p', 'silent', p_at => '2026-03-02 09:30+00') as done \gset
select fleet.register_spawn('p', 'crashed', p_at => '2026-03-02 09:55+00') as done \gset
select fleet.record_spawn_output('p', 'crashed', '2026-03-02 09:56+00', 'fatal: no', p_at => '2026-03-02 09:57+00') as done \gset
select fleet.end_session('p', p_at => '2026-03-02 09:58+00') as done \gset
select fleet.register_spawn('q', 'fine', p_at => '2026-03-02 09:59+00') as done \gset
select results_eq($$select name, subject, status from fleet.run_checks('2026-03-02 09:59:30+00') where name in ('orphaned_work', 'spawn')$$,
  $$values ('orphaned_work', 'p/silent', 'warning'), ('orphaned_work', 'p/crashed', 'warning'), ('orphaned_work', 'q', 'ok'),
      ('spawn', 'p/crashed', 'critical'), ('spawn', 'p/silent', 'warning'), ('spawn', 'q', 'ok')$$,
  'the silent, the crashed and the orphaned are found, the healthy one is not blamed; the worst of each kind comes first');
select results_eq($$select name, subject, status from fleet.run_checks('2026-03-02 10:00+00') where name in ('orphaned_work', 'spawn')$$,
  $$select r.name, r.subject, r.status from fleet.run_check('orphaned_work', '2026-03-02 10:00+00') as r
    union all select r.name, r.subject, r.status from fleet.run_check('spawn', '2026-03-02 10:00+00') as r$$,
  'it returns the findings of run_check for each');
select results_eq($$select check_type, project, status from checks where check_time = '2026-03-02 10:00+00' and check_type in ('orphaned_work', 'spawn') and project <> '*' order by 1, 2$$,
  $$values ('orphaned_work', 'p', 'warning'), ('orphaned_work', 'q', 'ok'), ('spawn', 'p', 'critical'), ('spawn', 'q', 'ok')$$,
  'and records the worst of each project, once, however often it is run as of the same instant');

-- edges

insert into fleet.check_types (check_type, domain, evaluator, description) values
  ('aaa_absent', 'planted', 'evaluate_absent', 'Its evaluator does not exist.'), ('mmm_broken', 'planted', 'evaluate_broken', 'Its evaluator raises.');
create function fleet_internal.evaluate_broken(p_at timestamptz) returns table (project text, subject text, status text, message text)
language plpgsql as $$begin raise exception 'planted'; end$$;
alter function fleet_internal.evaluate_broken(timestamptz) owner to fleet_owner;
select results_eq($$select name, status from fleet.run_checks('2026-03-02 10:01+00') where status = 'unknown'$$,
  $$values ('aaa_absent', 'unknown'), ('mmm_broken', 'unknown')$$, 'a check that fails is unknown for itself');
select is((select count(*) from fleet.run_checks('2026-03-02 10:01+00') where name in ('spawn', 'orphaned_work') and status <> 'unknown'), 6::bigint,
  'and stops no other');
select is(pg_temp.run_as('fleet_writer', $$select count(*) from fleet.run_checks('2026-03-02 10:01+00') where status = 'unknown'$$), '2', 'for a writer, too');
insert into fleet.check_types (check_type, domain, evaluator, description) values ('nnn_fine', 'planted', 'evaluate_fine', 'A new kind of check.');
create function fleet_internal.evaluate_fine(p_at timestamptz)
returns table (project text, subject text, status text, value numeric, unit text, warning_threshold numeric, critical_threshold numeric, message text, detail jsonb)
language sql as $$select null, 'x', 'warning', 1.5, 's', 1, 2, 'new', '{}'::jsonb$$;
alter function fleet_internal.evaluate_fine(timestamptz) owner to fleet_owner;
select results_eq($$select subject, status, value, unit, message from fleet.run_checks('2026-03-02 10:02+00') where name = 'nnn_fine'$$,
  $$values ('x', 'warning', 1.5, 's', 'new')$$, 'a new kind of check is a row and a function');
select is((select status from checks where project = '*' and check_type = 'nnn_fine'), 'warning', 'one of no project is recorded under *');

-- errors

select throws_ok($$select * from fleet.run_checks(null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select * from fleet.run_checks('-infinity')$$, 'MF003', null, 'an infinite time is refused');
update fleet.check_types set evaluator = null;
select throws_ok($$select * from fleet.run_checks(null)$$, 'MF003', null, 'even when there is nothing to run');
select is_empty($$select * from fleet.run_checks('2026-03-02 10:00+00')$$, 'which is no error');

select * from finish();
rollback;
