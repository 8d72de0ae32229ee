begin;
select plan(53);

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

select has_function('fleet', 'record_health_check', array['text', 'text', 'text', 'jsonb', 'text', 'timestamp with time zone'],
  'record_health_check takes project, type, status, details, action and time');
select function_returns('fleet', 'record_health_check', 'bigint', 'record_health_check returns the id of the record');
select lives_ok($$select pg_temp.run_as('fleet_writer', 'select fleet.record_health_check(''w'', ''spawn'', ''ok'')')$$, 'a writer may record a check');
select throws_ok($$select pg_temp.run_as('fleet_reader', 'select fleet.record_health_check(''w'', ''spawn'', ''ok'')')$$, '42501', null, 'a reader may not');

-- behaviour

select fleet.record_health_check('p', 'context', 'warning', '{"usage": 0.7}', 'prompted', '2026-03-02 10:00+00') as c_id \gset
select results_eq($$select id, check_time, check_type, status, details, action_taken, ps_response from checks where project = 'p'$$,
  format($$values (%s::bigint, timestamptz '2026-03-02 10:00+00', 'context', 'warning', '{"usage": 0.7}'::jsonb, 'prompted', null::text)$$, :c_id),
  'a check is recorded as it was told, under the id that is returned, whether a partition exists or not');
select is(fleet.record_health_check('p', 'context', 'warning', '{"usage": 0.7}', 'prompted', '2026-03-02 10:00+00'), :c_id::bigint,
  'the same record for the same instant again returns the same id');
select is((select count(*) from checks where project = 'p'), 1::bigint, 'and is stored once');
select isnt(fleet.record_health_check('p', 'context', 'warning', '{"usage": 0.7}', 'prompted', '2026-03-02 10:00:00.000001+00'), :c_id::bigint, 'another instant is another record');
select isnt(fleet.record_health_check('p', 'context', 'critical', '{"usage": 0.7}', 'prompted', '2026-03-02 10:00+00'), :c_id::bigint, 'so is another status');
select isnt(fleet.record_health_check('p', 'context', 'warning', '{"usage": 0.8}', 'prompted', '2026-03-02 10:00+00'), :c_id::bigint, 'so are other details');
select isnt(fleet.record_health_check('p', 'context', 'warning', '{"usage": 0.7}', null, '2026-03-02 10:00+00'), :c_id::bigint, 'so is another action');
select isnt(fleet.record_health_check('q', 'context', 'warning', '{"usage": 0.7}', 'prompted', '2026-03-02 10:00+00'), :c_id::bigint, 'so is another project');

-- with a partition, without one, and moved from the one to the other
select fleet.record_health_check('o', 'spawn', 'ok', p_at => '2026-03-02 10:00+00') as o_id \gset
select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset
select is((select count(*) from fleet.health_checks where project = 'o'), 1::bigint, 'a record kept in overflow moves to the partition once it exists');
select is(fleet.record_health_check('o', 'spawn', 'ok', p_at => '2026-03-02 10:00+00'), :o_id::bigint, 'and is still known as a repeat');
select fleet.record_health_check('o', 'spawn', 'ok', p_at => '2026-03-02 11:00+00') as o2_id \gset
select is(fleet.record_health_check('o', 'spawn', 'ok', p_at => '2026-03-02 11:00+00'), :o2_id::bigint, 'so is one that went to a partition at once');
select is((select count(*) from fleet.health_checks where project = 'o'), 2::bigint, 'each is stored once');
select fleet.record_health_check('o', 'spawn', 'ok', p_at => '2001-01-01 00:00+00') as o3_id \gset
select is((select count(*) from fleet.health_checks_overflow where project = 'o'), 1::bigint, 'a row without a partition is kept whole in overflow');

-- edges

select lives_ok($$select fleet.record_health_check('*', 'partitions', 'ok', p_at => '2026-03-02 10:00+00')$$, 'a check of the whole fleet is recorded under *');
select fleet.record_health_check('n', 'spawn', 'ok', null, p_at => '2026-03-02 10:00+00') as done \gset
select is((select details from checks where project = 'n'), '{}', 'no details are an empty object');
select lives_ok($$select fleet.record_health_check('unheard-of', 'heartbeat', 'ok')$$, 'any project may be checked; projects are managed elsewhere');
select lives_ok($$select fleet.record_health_check('🚀 ''"', 'spawn', 'ok', '{"\"": "ü"}', E'Prompted:\n"/context"')$$, 'names, keys and actions are data');
select fleet.record_health_check('long', 'spawn', 'ok', '{}', repeat('x', 20000), '2026-03-02 10:00+00') as long_id \gset
select ok((select length(action_taken) <= 10000 from checks where project = 'long'), 'an action that is too long is cut');
select fleet.record_health_check('ahead', 'spawn', 'ok', p_at => '9000-01-01 00:00+00') as done \gset
select ok((select check_time <= clock_timestamp() from checks where project = 'ahead'), 'a check from the future is not believed');
select lives_ok($$select fleet.record_health_check('v'::varchar, 'spawn'::varchar, 'ok'::varchar, '{"a": 1}'::jsonb, 'none'::varchar)$$,
  'the source''s five arguments by position, varchar-typed, work');
select lives_ok($$select fleet.record_health_check('v', 'spawn', 'ok', '{"tokens_used": 63153, "max_tokens": 200000, "token": null, "password": ""}')$$,
  'numbers under such names are no secrets, nor is nothing');

-- errors

select throws_ok(format($$select fleet.record_health_check('e', 'spawn', 'ok', %L)$$, d.details), 'MF007', null, 'a secret is refused: ' || d.details)
from (values (1, '{"password": "x"}'), (2, '{"passwd": "x"}'), (3, '{"db_password": "x"}'), (4, '{"a": [{"b": {"PASSWORDS": ["x"]}}]}'), (5, '{"api_key": "x"}'),
  (6, '{"API-KEY": "x"}'), (7, '{"accessToken": "x"}'), (8, '{"client_secret": {"v": "x"}}'), (9, '{"Authorization": "Bearer x"}'), (10, '{"p\u0061ssword": "x"}'),
  (11, '{"credentials": ["x"]}'), (12, '{"private_key": "x"}'), (13, '{"passphrase": "x"}')) as d (no, details)
order by d.no;
select throws_ok($$select fleet.record_health_check('e', 'vibes', 'ok')$$, 'MF004', null, 'an unknown check type is refused');
select throws_ok($$select fleet.record_health_check('e', null, 'ok')$$, 'MF004', null, 'a missing check type is refused');
select throws_ok($$select fleet.record_health_check('e', 'SPAWN', 'ok')$$, 'MF004', null, 'a check type is written as it is');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'fine')$$, 'MF004', null, 'an unknown status is refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', null)$$, 'MF004', null, 'a missing status is refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'unknown')$$, 'MF004', null, 'unknown is no status to record: the check was not made');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', '[]')$$, 'MF003', null, 'details that are a list are refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', '"x"')$$, 'MF003', null, 'details that are a string are refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', 'null')$$, 'MF003', null, 'details that are a JSON null are refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', jsonb_build_object('a', repeat('x', 70000)))$$, 'MF003', null, 'details over 64 kB are refused');
select throws_ok($$select fleet.record_health_check(null, 'spawn', 'ok')$$, 'MF003', null, 'a missing project is refused');
select throws_ok($$select fleet.record_health_check('', 'spawn', 'ok')$$, 'MF003', null, 'an empty project is refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', p_at => null)$$, 'MF003', null, 'a missing time is refused');
select throws_ok($$select fleet.record_health_check('e', 'spawn', 'ok', p_at => '-infinity')$$, 'MF003', null, 'an infinite time is refused');
select is_empty($$select 1 from checks where project = 'e'$$, 'refused calls leave nothing behind');

select * from finish();
rollback;
