begin;

\ir ../../support/helpers.psql

select plan(25);

create temp view checks as select * from fleet.health_checks union all select * from fleet.health_checks_overflow;

-- contract
select has_function(
  'fleet', 'record_check_response', array['text', 'bigint', 'text', 'timestamp with time zone'], 'it takes project, check, answer and time');
select function_returns(
  'fleet', 'record_check_response', array['text', 'bigint', 'text', 'timestamp with time zone'], 'bigint', 'it returns the id of the check');
select is(
  pg_temp.callers('fleet.record_check_response(text, bigint, text, timestamptz)'), array['fleet_writer'],
  'writers may call it, nobody else');

-- behaviour
select count(*) as done from fleet.ensure_partitions('2026-03-02 12:00+00') \gset
select fleet.record_health_check('p', 'context', 'warning', '{"a": 1}', 'prompted', '2026-03-02 10:00+00') as c_id \gset
select fleet.record_health_check('p', 'spawn', 'ok', '{}', null, '2026-03-02 10:00+00') as other_id \gset
select is(fleet.record_check_response('p', :c_id, E'Handoff is\nbeing written', '2026-03-02 10:01+00'), :c_id::bigint, 'it returns the check');
select results_eq(
  $$select id, check_time, status, details, action_taken, ps_response from checks where ps_response is not null$$,
  format($$values (%s::bigint, timestamptz '2026-03-02 10:00+00', 'warning', '{"a": 1}'::jsonb, 'prompted', E'Handoff is\nbeing written')$$, :c_id),
  'the answer is kept as ps_response of that check, which is otherwise as it was');
select is(fleet.record_check_response('p', :c_id, E'Handoff is\nbeing written', '2026-03-02 10:09+00'), :c_id::bigint, 'told again it is the same');
select is(
  fleet.record_health_check('p', 'context', 'warning', '{"a": 1}', 'prompted', '2026-03-02 10:00+00'), :c_id::bigint,
  'the check is still known as a repeat');

-- edges
select fleet.record_health_check('o', 'spawn', 'ok', p_at => '2001-01-01 00:00+00') as o_id \gset
select lives_ok(format($$select fleet.record_check_response('o', %s, 'fine')$$, :o_id), 'a check that waits in overflow can be answered');
select is((select ps_response from fleet.health_checks_overflow where project = 'o'), 'fine', 'there');
select count(*) as done from fleet.ensure_partitions('2001-01-01 00:00+00') \gset
select is((select ps_response from fleet.health_checks where project = 'o'), 'fine', 'and the answer moves along with it');
select fleet.record_health_check('*', 'partitions', 'ok', p_at => '2026-03-02 10:00+00') as all_id \gset
select lives_ok(format($$select fleet.record_check_response('*', %s, 'fine')$$, :all_id), 'a check of the whole fleet can be answered');
select fleet.record_check_response('p', :other_id, repeat('x', 20000), '2026-03-02 10:00+00') as done \gset
select ok((select length(ps_response) <= 10000 from checks where id = :other_id), 'an answer that is too long is cut');
select is(fleet.record_check_response('p', :other_id, repeat('x', 20000)), :other_id::bigint, 'and is still known as a repeat');
select lives_ok(format($$select fleet.record_check_response('p'::varchar, %s, 'é "quoted"'::varchar)$$,
  fleet.record_health_check('p', 'spawn', 'ok', p_at => '2026-03-02 11:00+00')), 'varchar and any text work');

-- errors
select throws_ok(format($$select fleet.record_check_response('p', %s, 'something else')$$, :c_id), 'MF006', null, 'another answer is a conflict');
select throws_ok($$select fleet.record_check_response('nobody', 1, 'x')$$, 'MF001', null, 'trap 4: an unknown project is an error');
select throws_ok($$select fleet.record_check_response('p', -1, 'x')$$, 'MF002', null, 'so is an unknown check');
select throws_ok(format($$select fleet.record_check_response('o', %s, 'x')$$, :c_id), 'MF002', null, 'so is the check of another project');
select throws_ok(
  format($$select fleet.record_check_response('p', %s, 'x', '2026-03-02 09:59+00')$$, :c_id), 'MF003', null,
  'a check is not answered before it was made');
select throws_ok($$select fleet.record_check_response('p', null, 'x')$$, 'MF003', null, 'a missing check is refused');
select throws_ok(format($$select fleet.record_check_response('p', %s, null)$$, :c_id), 'MF003', null, 'a missing answer too');
select throws_ok(format($$select fleet.record_check_response('p', %s, '  ')$$, :c_id), 'MF003', null, 'a blank one too');
select throws_ok(format($$select fleet.record_check_response(null, %s, 'x')$$, :c_id), 'MF003', null, 'a missing project too');
select throws_ok(format($$select fleet.record_check_response('p', %s, 'x', null)$$, :c_id), 'MF003', null, 'a missing time too');
select throws_ok($$select fleet.record_check_response('*', -1, 'x')$$, 'MF002', null, 'an unknown check of the whole fleet is one too');

select * from finish();
rollback;
