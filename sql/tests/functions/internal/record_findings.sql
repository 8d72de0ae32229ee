begin;

\ir ../../support/helpers.psql

select plan(22);

-- contract
select has_function(
  'fleet_internal', 'record_findings', array['text', 'jsonb', 'timestamp with time zone'],
  'record_findings takes its arguments in this order');
select function_returns('fleet_internal', 'record_findings', array['text', 'jsonb', 'timestamp with time zone'], 'void', 'it returns void');
select volatility_is('fleet_internal', 'record_findings', array['text', 'jsonb', 'timestamp with time zone'], 'volatile', 'it writes');
select isnt_definer(
  'fleet_internal', 'record_findings', array['text', 'jsonb', 'timestamp with time zone'],
  'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.record_findings(text,jsonb,timestamp with time zone)'), '{}'::text[],
  'nobody but its owner may call it');

create table fleet.health_checks_a partition of fleet.health_checks for values from ('2001-02-03 00:00+00') to ('2001-02-05 00:00+00');

-- behaviour
select lives_ok(
  $$select fleet_internal.record_findings('spawn', '[
    {"project": "b", "subject": "b", "status": "ok", "message": "fine", "value": 1},
    {"project": "a", "subject": "a/1", "status": "warning", "message": "w"},
    {"project": "a", "subject": "a/3", "status": "ok", "message": "o"},
    {"project": "a", "subject": "a/2", "status": "critical", "message": "c"},
    {"project": "c", "subject": "c/1", "status": "warning", "message": "w"},
    {"project": null, "subject": "t", "status": "warning", "message": "w"}]', '2001-02-03 04:00+00')$$, 'findings are recorded');
select results_eq(
  $$select project, check_type, status, check_time, action_taken,
  (details ->> 'count')::integer from fleet.health_checks order by project collate "C"$$,
  $$values
    ('*', 'spawn', 'warning', timestamptz '2001-02-03 04:00+00', null::text, 1),
    ('a', 'spawn', 'critical', '2001-02-03 04:00+00', null, 3),
    ('b', 'spawn', 'ok', '2001-02-03 04:00+00', null, 1),
    ('c', 'spawn', 'warning', '2001-02-03 04:00+00', null, 1)$$,
  'there is one row a project with its worst status; * stands for the whole fleet');
select is(
  (select details -> 'findings' from fleet.health_checks where project = 'a'),
  '[{"subject": "a/2", "status": "critical", "message": "c"}, {"subject": "a/1", "status": "warning", "message": "w"},
    {"subject": "a/3", "status": "ok", "message": "o"}]'::jsonb, 'the findings stand in its details, the worst first');
select lives_ok(
  $$select fleet_internal.record_findings('spawn', '[{"project": "b", "subject": "b", "status": "ok", "message": "fine"}]',
  '2001-02-03 04:00+00')$$,
  'the same findings are recorded again');
select is((select count(*) from fleet.health_checks where project = 'b'), 1::bigint, 'and stored once');

-- edges
select lives_ok($$select fleet_internal.record_findings('spawn', '[]', '2001-02-03 05:00+00')$$, 'no findings are no error');
select is_empty($$select from fleet.health_checks where check_time = '2001-02-03 05:00+00'$$, 'nor a row');
create function pg_temp.findings(p_count integer, p_message text)
returns jsonb
language sql
as $$
  select jsonb_agg(jsonb_build_object(
    'project', 'p', 'subject', 'p/' || lpad(n::text, 195, 'x'), 'status', case when n = p_count then 'critical' else 'ok' end,
    'message', p_message) order by n)
  from generate_series(1, p_count) as g (n)
$$;
select lives_ok(
  $$select fleet_internal.record_findings('spawn', pg_temp.findings(1000, 'm'), '2001-02-03 06:00+00')$$,
  'a thousand findings are recorded');
select results_eq(
  $$select (details ->> 'count')::integer, jsonb_array_length(details -> 'findings'), details #>> '{findings,0,status}', status
    from fleet.health_checks where check_time = '2001-02-03 06:00+00'$$,
  $$values (1000, 50, 'critical', 'critical')$$, 'at most 50 in the details, the worst first; the count is whole');
select lives_ok(
  format($$select fleet_internal.record_findings('spawn', pg_temp.findings(60, %L), %L)$$, message, at), label)
from (values
  (repeat('x', 100000), '2001-02-03 07:00+00', 'very long messages are recorded'),
  (repeat('错', 500), '2001-02-03 08:00+00', 'long messages of characters of three bytes are recorded'),
  (repeat('😀', 500), '2001-02-03 08:30+00', 'of four bytes'),
  (repeat('\"', 500), '2001-02-03 09:00+00', 'of characters that JSON escapes'),
  (repeat(E'\x01', 500), '2001-02-03 09:30+00', 'of control characters, six bytes each in JSON')
) as t (message, at, label);
select is(
  (select count(*) from fleet.health_checks
  where check_time between '2001-02-03 07:00+00' and '2001-02-03 09:30+00' and status = 'critical'),
  5::bigint, 'each is critical, as its worst finding');
select lives_ok(
  $$select fleet_internal.record_findings('spawn',
    '[{"project": "s", "subject": "s/1", "status": "critical", "message": "Error: {\"password\": \"x\", \"api_key\": \"y\"}"}]',
    '2001-02-03 10:00+00')$$, 'an error line that quotes a key is no reason to lose the finding');

-- errors
select fleet_internal.record_findings('spawn', '[{"project": "later", "subject": "b", "status": "critical", "message": "m"}]', '2999-01-01 00:00+00') as done \gset
select is_empty(
  $$select from fleet.health_checks where project = 'later' union all select from fleet.health_checks_overflow where project = 'later'$$,
  'what would be found at a later time is an answer, not a record');

select * from finish();

rollback;
