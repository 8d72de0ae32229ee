begin;

\ir ../../support/helpers.psql

select plan(13);

-- contract
select has_function('fleet_internal', 'require_known_spawn', array['text', 'text'], 'require_known_spawn takes its arguments in this order');
select function_returns('fleet_internal', 'require_known_spawn', array['text', 'text'], 'boolean', 'it returns boolean');
select volatility_is('fleet_internal', 'require_known_spawn', array['text', 'text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'require_known_spawn', array['text', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_known_spawn(text,text)'), array['fleet_reader'], 'readers call it, in their queries');

-- behaviour
insert into fleet.active_spawns (project, task_id) values ('p', 't');
insert into fleet.spawn_history_overflow (id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
values (-1, 'past', 't', '2001-02-03 04:00+00', 'failed', '2001-02-03 04:00+00', now(), now(), 1);
select is(fleet_internal.require_known_spawn('p', 't'), true, 'a live spawn is known');
select is(fleet_internal.require_known_spawn('past', 't'), true, 'a past one too');
select is(fleet_internal.require_known_spawn('p', null), true, 'without a task, the project is enough');

-- errors
select throws_ok($$select fleet_internal.require_known_spawn('nobody', 't')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select fleet_internal.require_known_spawn('nobody', null)$$, 'MF001', null, 'without a task too');
select throws_ok($$select fleet_internal.require_known_spawn('p', 'nothing')$$, 'MF002', null, 'an unknown task is one of its own');
select throws_ok($$select fleet_internal.require_known_spawn(null, 't')$$, 'MF003', null, 'a project must be given');
set local role fleet_reader;
select throws_ok($$select fleet_internal.require_known_spawn('p', 'nothing')$$, 'MF002', null, 'a reader is told the same');
reset role;

select * from finish();

rollback;
