begin;

\ir ../../support/helpers.psql

select plan(20);

-- contract
select has_function('fleet_internal', 'require_known_project', array['text'], 'require_known_project takes its arguments in this order');
select function_returns('fleet_internal', 'require_known_project', array['text'], 'boolean', 'it returns boolean');
select volatility_is('fleet_internal', 'require_known_project', array['text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'require_known_project', array['text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.require_known_project(text)'), array['fleet_reader', 'fleet_writer'],
  'fleet_reader and fleet_writer may call it');

insert into fleet.ps_sessions (project) values ('with session');
insert into fleet.active_spawns (project, task_id) values ('with spawn', 't');
create table fleet.session_history_a partition of fleet.session_history for values from ('2001-01-01 00:00+00') to ('2001-02-01 00:00+00');
create table fleet.spawn_history_a partition of fleet.spawn_history for values from ('2001-01-01 00:00+00') to ('2001-02-01 00:00+00');
create temporary table old_session as
select
  1::bigint as id, 'past session' as project, 'cli' as session_type, timestamptz '2001-01-02 00:00+00' as started_at,
  timestamptz '2001-01-02 00:00+00' as last_activity, timestamptz '2001-01-02 00:00+00' as created_at,
  timestamptz '2001-01-02 00:00+00' as updated_at, 'idle' as state, timestamptz '2001-01-02 00:00+00' as state_changed_at,
  timestamptz '2001-01-02 00:00+00' as state_reported_at,
  timestamptz '2001-01-02 00:00+00' as ended_at, 'completed' as end_reason, now() as archived_at;
insert into fleet.session_history select r.* from old_session as o, jsonb_populate_record(null::fleet.session_history, to_jsonb(o)) as r;
insert into fleet.session_history_overflow
select r.* from old_session as o,
  jsonb_populate_record(null::fleet.session_history_overflow, to_jsonb(o) || '{"project": "waiting session"}') as r;
create temporary table old_spawn as
select
  1::bigint as id, 'past spawn' as project, 't' as task_id, timestamptz '2001-01-02 00:00+00' as spawn_time, 'completed' as status,
  timestamptz '2001-01-02 00:00+00' as completed_at, timestamptz '2001-01-02 00:00+00' as created_at,
  timestamptz '2001-01-02 00:00+00' as updated_at, 1 as attempt, now() as archived_at, 0 as tokens_used, 0 as cost_usd;
insert into fleet.spawn_history select r.* from old_spawn as o, jsonb_populate_record(null::fleet.spawn_history, to_jsonb(o)) as r;
insert into fleet.spawn_history_overflow
select r.* from old_spawn as o,
  jsonb_populate_record(null::fleet.spawn_history_overflow, to_jsonb(o) || '{"project": "waiting spawn"}') as r;

-- behaviour
select ok(fleet_internal.require_known_project(p), 'known is a project ' || coalesce(p, 'that is not named: the whole fleet'))
from (values
  ('with session'), ('with spawn'), ('past session'), ('past spawn'), ('waiting session'), ('waiting spawn'), (null)
) as t (p);

-- edges
select lives_ok(
  $$select from fleet.active_spawns where fleet_internal.require_known_project('with spawn')$$, 'it serves as a condition');

-- errors
select throws_ok(format('select fleet_internal.require_known_project(%L)', p), 'MF001', null, label)
from (values
  ('with sessiom', 'a mistyped project is an error'),
  ('With spawn', 'another case is another project'),
  ('', 'an empty project is an error'),
  ('*', 'a star is no project'),
  (repeat('x', 100000), 'a very long one is an error')
) as t (p, label);
select throws_ok(
  $$select from fleet.active_spawns where false and fleet_internal.require_known_project('nobody')
    union all select where fleet_internal.require_known_project('nobody')$$, 'MF001', null, 'a condition on no row still asks');
set local role fleet_reader;
select ok(fleet_internal.require_known_project('past spawn'), 'a reader''s rights are enough');
reset role;

select * from finish();

rollback;
