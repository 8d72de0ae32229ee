begin;

\ir ../../support/helpers.psql

select plan(9);

-- contract
select has_function(
  'fleet_internal', 'raise_unknown_spawn', array['text', 'text'],
  'raise_unknown_spawn takes its arguments in this order');
select function_returns('fleet_internal', 'raise_unknown_spawn', array['text', 'text'], 'void', 'it returns void');
select volatility_is('fleet_internal', 'raise_unknown_spawn', array['text', 'text'], 'stable', 'it only reads');
select isnt_definer('fleet_internal', 'raise_unknown_spawn', array['text', 'text'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.raise_unknown_spawn(text,text)'), array['fleet_reader'], 'readers call it, to say what is not there');

insert into fleet.active_spawns (project, task_id) values ('known', 't');

-- errors
select throws_ok(
  $$select fleet_internal.raise_unknown_spawn('unknown', 't')$$, 'MF001', null, 'where the project is unknown, that is said');
select throws_ok(
  $$select fleet_internal.raise_unknown_spawn('known', 'u')$$, 'MF002', null, 'where the project is known, the task is not');
select alike(
  pg_temp.complaint($$select fleet_internal.raise_unknown_spawn('known', 'it''s')$$), '%register_spawn(''known'', ''it''''s'')%',
  'the hint is a statement that can be run, quotes and all');
select alike(
  pg_temp.complaint($$select fleet_internal.raise_unknown_spawn('known', '50%s %I %')$$), '%50%\%s \%I \%%',
  'a percent sign in a name does no harm');

select * from finish();

rollback;
