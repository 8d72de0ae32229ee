begin;
select plan(11);

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

-- contract

select has_function('fleet', 'update_updated_at_column', '{}'::name[], 'update_updated_at_column bears the source''s name');
select function_returns('fleet', 'update_updated_at_column', 'trigger', 'it is a trigger function');
select trigger_is('fleet', 'ps_sessions', 'update_ps_sessions_updated_at', 'fleet', 'update_updated_at_column', 'it stands on ps_sessions');
select trigger_is('fleet', 'active_spawns', 'update_active_spawns_updated_at', 'fleet', 'update_updated_at_column', 'and on active_spawns');

-- behaviour

select fleet.start_session('p', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.register_spawn('p', 't', p_at => '2026-03-02 09:00+00') as done \gset
update fleet.ps_sessions set updated_at = '2026-03-02 09:00+00';
update fleet.active_spawns set updated_at = '2026-03-02 09:00+00';
select is((select updated_at from fleet.ps_sessions), '2026-03-02 09:00+00', 'whoever sets updated_at is left alone');
update fleet.ps_sessions set model = 'm';
update fleet.active_spawns set description = 'd';
select is((select updated_at from fleet.ps_sessions), now(), 'a session updated by hand without it gets the time of the transaction');
select is((select updated_at from fleet.active_spawns), now(), 'so does a spawn');

-- edges

update fleet.active_spawns set updated_at = '2026-03-02 09:00+00';
update fleet.active_spawns set updated_at = '2026-03-02 09:00+00', description = 'e';
select is((select updated_at from fleet.active_spawns), now(), 'setting it to what it was is as good as not setting it');
update fleet.active_spawns set updated_at = '2026-03-02 09:00+00';
select fleet.record_spawn_output('p', 't', '2026-03-02 09:10+00', p_at => '2026-03-02 09:10+00') as done \gset
select is((select updated_at from fleet.active_spawns), now(), 'the functions set it themselves');
update fleet.ps_sessions set updated_at = '2026-03-02 09:00+00';
select fleet.touch_session('p', p_at => '2026-03-02 09:10+00') as done \gset
select is((select updated_at from fleet.ps_sessions), now(), 'so does a touch');

-- errors

select throws_ok($$select fleet.update_updated_at_column()$$, '0A000', null, 'called outside a trigger it is an error');

select * from finish();
rollback;
