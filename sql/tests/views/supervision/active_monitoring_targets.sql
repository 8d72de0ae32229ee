begin;

\ir ../../support/helpers.psql

select plan(10);

-- contract
select has_view('fleet', 'active_monitoring_targets', 'the view is there');
select columns_are(
  'fleet', 'active_monitoring_targets',
  array['project', 'session_type', 'session_id', 'context_usage', 'last_context_check', 'active_spawns_count', 'latest_spawn_time'],
  'it has the columns of document 2');
select is(pg_temp.grants('fleet.active_monitoring_targets'), array['fleet_reader SELECT'], 'readers may select, nobody else');

-- behaviour
select is_empty('select 1 from fleet.active_monitoring_targets', 'an empty fleet has no targets');
select fleet.start_session('both', 'cli', 's', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.start_session('session', 'sdk', 's', p_at => '2026-03-02 09:00+00') as done \gset
update fleet.ps_sessions set context_usage = 0.5, last_context_check = '2026-03-02 09:30+00' where project = 'both';
select count(fleet.register_spawn('both', 't' || n, p_at => timestamptz '2026-03-02 10:00+00' + n * interval '1 minute')) as done from generate_series(1, 5) as n \gset
select fleet.register_spawn('spawns', 't', p_at => '2026-03-02 10:00+00') as done \gset
select fleet.complete_spawn('both', 't5', p_at => '2026-03-02 10:10+00') as done \gset
select count(*) as done from fleet.mark_stalled_spawns('both', '2026-03-02 10:16+00') \gset
select results_eq(
  $$select project, session_type, session_id, context_usage, last_context_check, active_spawns_count, latest_spawn_time
    from fleet.active_monitoring_targets order by project$$,
  $$values
    ('both', 'cli', 's', 0.5, timestamptz '2026-03-02 09:30+00', 4::bigint, timestamptz '2026-03-02 10:04+00'),
    ('session', 'sdk', 's', null, null, 0::bigint, null),
    ('spawns', null, null, null, null, 1::bigint, timestamptz '2026-03-02 10:00+00')$$,
  'a project with a live session or open spawns is a target, once; stalled spawns are open, ended ones are not');

-- edges
select fleet.end_session('both', p_at => '2026-03-02 10:30+00') as done \gset
select is(
  (select session_id from fleet.active_monitoring_targets where project = 'both'), null,
  'a session that ended leaves its project a target by its open spawns, without it');
select fleet.end_session('session', p_at => '2026-03-02 10:30+00') as done \gset
select is_empty($$select 1 from fleet.active_monitoring_targets where project = 'session'$$, 'and without any it is none');
select fleet.complete_spawn('spawns', 't', p_at => '2026-03-02 10:30+00') as done \gset
select is_empty($$select 1 from fleet.active_monitoring_targets where project = 'spawns'$$, 'trap 2: a project whose only spawn ended is none');
select is((select count(*) from (select distinct project from fleet.active_monitoring_targets) as k),
  (select count(*) from fleet.active_monitoring_targets), 'project is its key');

-- errors
set local role fleet_writer;
select throws_ok('select from fleet.active_monitoring_targets', '42501', null, 'a writer may not select');
reset role;

select * from finish();

rollback;
