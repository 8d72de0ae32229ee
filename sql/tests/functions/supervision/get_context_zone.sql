begin;
select plan(47);

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

create function pg_temp.zone_of(p_project text, p_usage numeric) returns text language sql as $$
  select concat_ws(' ', z.zone, z.severity, z.largest_task, z.next_zone, z.tokens_to_next) from fleet.get_context_zone(p_project, p_usage) as z
$$;

-- contract

select has_function('fleet', 'get_context_zone', array['text', 'numeric'], 'get_context_zone takes a project and a use');
select volatility_is('fleet', 'get_context_zone', array['text', 'numeric'], 'stable', 'it only reads');
select is(pg_temp.run_as('fleet_reader', 'select zone from fleet.get_context_zone(null, 0.9)'), 'critical', 'a reader may ask');
select throws_ok($$select pg_temp.run_as('fleet_writer', 'select zone from fleet.get_context_zone(null, 0.9)')$$, '42501', null, 'a writer may not');

-- behaviour: a given use

select is(pg_temp.zone_of(null, u), expected, 'a use of ' || u || ' is ' || expected)
from (values
  (1, 0, 'normal ok large noted'), (2, 0.299999, 'normal ok large noted'), (3, 0.3, 'noted ok medium filling'), (4, 0.499999, 'noted ok medium filling'),
  (5, 0.5, 'filling ok small warning'), (6, 0.699999, 'filling ok small warning'), (7, 0.7, 'warning warning tiny critical'),
  (8, 0.849999, 'warning warning tiny critical'), (9, 0.85, 'critical critical'), (10, 1, 'critical critical')) as t (no, u, expected)
order by t.no;
select results_eq('select wants_prompt, wants_handoff, advice, next_zone, next_zone_from, tokens_to_next, project, context_usage from fleet.get_context_zone(null, 0.9)',
  $$values (true, true, 'Hand off now.', null::text, null::numeric, null::bigint, null::text, 0.9)$$, 'the last zone has no next');
select results_eq('select wants_prompt, wants_handoff, next_zone, next_zone_from from fleet.get_context_zone(null, 0.75)',
  $$values (true, false, 'critical', 0.85)$$, 'the next zone is told with the use it begins at');

-- behaviour: live sessions

select fleet.start_session('a', p_at => '2026-03-02 09:00+00') as done \gset
select is_empty($$select from fleet.get_context_zone('a')$$, 'a session never read has no zone');
select fleet.update_session_context('a', 31.6, 63153, 200000, '2026-03-02 09:01+00') as done \gset
select is(pg_temp.zone_of('a', null), 'noted ok medium filling 36800', 'a session is in the zone of its latest reading, so many tokens before the next');
select fleet.start_session('b', p_at => '2026-03-02 09:00+00') as done \gset
select fleet.update_session_context('b', 90, 900000, 1000000, '2026-03-02 09:01+00') as done \gset
select results_eq('select project, zone, context_usage from fleet.get_context_zone()', $$values ('b', 'critical', 0.9), ('a', 'noted', 0.316)$$,
  'without a project all are told, the fullest first');
select results_eq('select project, zone from fleet.get_context_zone(null)', $$values ('b', 'critical'), ('a', 'noted')$$, 'null is no project');
select is(pg_temp.zone_of('b', 0.6), 'filling ok small warning 100000', 'a use given is judged instead, with the window of the session');
select fleet.end_session('b', p_at => '2026-03-02 10:00+00') as done \gset
select is_empty($$select from fleet.get_context_zone('b')$$, 'an ended session is in no zone');
select fleet.register_spawn('c', 't') as done \gset
select is_empty($$select from fleet.get_context_zone('c')$$, 'nor is a project without one');
select is(pg_temp.zone_of('c', 0.6), 'filling ok small warning', 'a use given is judged all the same, without tokens');

-- behaviour: rows decide

insert into fleet.context_zones values
  ('a', 'low', 0.2, 'ok', 'tiny', false, false, 'Go on.'), ('a', 'mid', 0.4, 'warning', 'tiny', true, false, 'Beware.'), ('a', 'high', 0.9, 'critical', null, true, true, 'Stop.');
select is(pg_temp.zone_of('a', null), 'low ok tiny mid 16800', 'a project''s own zones count for it');
select is(pg_temp.zone_of('a', 0.1), 'low ok tiny mid 60000', 'below its lowest zone the lowest holds, and the next is the second');
select is(pg_temp.zone_of('a', 0.85), 'mid warning tiny high 10000', 'none of everybody''s zones is mixed in');
select is(pg_temp.zone_of('a', 0.4), 'mid warning tiny high 100000', 'they begin at their bounds exactly');
select is(pg_temp.zone_of('c', 0.85), 'critical critical', 'another project has everybody''s');
delete from fleet.context_zones where project = 'a' and zone <> 'mid';
select is(pg_temp.zone_of('a', 0.1), 'mid warning tiny', 'with one zone left that holds everywhere');
select is(pg_temp.zone_of('a', 1), 'mid warning tiny', 'above too');
delete from fleet.context_zones where project = 'a';
select is(pg_temp.zone_of('a', 0.1), 'normal ok large noted 40000', 'with its zones deleted everybody''s hold again');
insert into fleet.context_zones values ('a', 'late', 1, 'critical', null, true, true, 'Stop.'), ('a', 'early', 0, 'ok', 'large', false, false, 'Go.');
select is(pg_temp.zone_of('a', 0.999999), 'early ok large late 1', 'a token before the end is before it');
select is(pg_temp.zone_of('a', 1), 'late critical', 'the end is reached');

-- edges

select is((select count(*) from fleet.get_context_zone('a'::varchar, 0.5)), 1::bigint, 'varchar arguments by position work');
update fleet.ps_sessions set estimated_tokens_total = null where project = 'a';
select is(pg_temp.zone_of('a', null), 'early ok large late', 'without a known window there are no tokens to tell');
alter table fleet.ps_sessions drop constraint ps_sessions_context_usage_check;
insert into fleet.ps_sessions (project, context_usage) values ('nan', 'NaN'), ('minus', -1), ('plus', 70);
select results_eq('select project, zone from fleet.get_context_zone()', $$values ('nan', 'critical'), ('plus', 'critical'), ('a', 'early'), ('minus', 'normal')$$,
  'trap 11: planted readings stop nothing');
delete from fleet.context_zones;
select results_eq($$select context_usage, zone, severity from fleet.get_context_zone('a')$$, $$values (0.316, null::text, null::text)$$,
  'where all zones were deleted a session is still told, in no zone');

-- errors

select throws_ok($$select * from fleet.get_context_zone('nobody')$$, 'MF001', null, 'an unknown project is an error');
select throws_ok($$select * from fleet.get_context_zone('nobody', 0.5)$$, 'MF001', null, 'with a use given too');
select throws_ok(format('select * from fleet.get_context_zone(null, %L)', u), 'MF003', null, 'trap 5: a use of ' || u || ' is refused')
from (values (1, 'NaN'), (2, '70'), (3, '101'), (4, '1.000001'), (5, '-0.000001'), (6, 'Infinity')) as t (no, u)
order by t.no;
select throws_ok($$select * from fleet.get_context_zone('', 0.5)$$, 'MF001', null, 'an empty project is unknown');

select * from finish();
rollback;
