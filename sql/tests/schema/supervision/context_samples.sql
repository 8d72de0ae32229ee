begin;

\ir ../../support/helpers.psql

select plan(54);

\set sound '{"project": "p", "sampled_at": "2001-02-03 04:00:00+00", "ps_session_id": -1, "context_usage": 0.5, "tokens_used": 100000, "tokens_total": 200000}'

-- contract
select has_table('fleet', 'context_samples', 'the table is there');
select columns_are(
  'fleet', 'context_samples',
  array['project', 'sampled_at', 'ps_session_id', 'context_usage', 'tokens_used', 'tokens_total'], 'it has these columns');
select col_is_pk(
  'fleet', 'context_samples', array['project', 'sampled_at', 'ps_session_id'], 'a session has one sample of an instant');
select indexes_are('fleet', 'context_samples', array['context_samples_pkey'], 'it has this index and no others');
select is(
  pg_temp.grants('fleet.context_samples'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

create table fleet.context_samples_a partition of fleet.context_samples for values from ('2001-02-01 00:00+00') to ('2001-03-01 00:00+00');
create temporary table changes (change jsonb, rule text, label text);
insert into changes
values
  ('{}', null, 'a sound row is accepted'),
  (jsonb_build_object('project', repeat('x', 200)), null, 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'project', 'one of 201 is refused'),
  ('{"project": ""}', 'project', 'an empty project is refused'),
  ('{"context_usage": 0, "tokens_used": 0}', null, 'an empty window is accepted'),
  ('{"context_usage": 1, "tokens_used": 200000}', null, 'a full one is accepted'),
  ('{"context_usage": 1.000001}', 'context_usage', 'more than full is refused'),
  ('{"context_usage": -0.000001}', 'context_usage', 'less than empty is refused'),
  ('{"context_usage": 70}', 'context_usage', '70 for 70 per cent is refused'),
  ('{"context_usage": "NaN"}', 'context_usage', 'trap 5: NaN is refused'),
  ('{"tokens_used": 200001}', 'tokens', 'more tokens than there are are refused'),
  ('{"tokens_used": -1}', 'tokens', 'a negative number is refused'),
  ('{"tokens_used": 0, "tokens_total": 0}', 'tokens', 'a window of nothing is refused'),
  ('{"tokens_used": 9223372036854775807, "tokens_total": 9223372036854775807}', null, 'any number of tokens may be used');

-- edges: values just inside and just outside of each rule
select is(
  pg_temp.refusal_of('context_samples', :'sound', change),
  coalesce('context_samples_' || rule || '_check', 'accepted'), label)
from changes;

-- edges: the overflow table refuses the same
select is(
  pg_temp.refusal_of('context_samples_overflow', :'sound', change),
  coalesce('context_samples_' || rule || '_check', 'accepted'), label || ' by the overflow')
from changes;
select is(
  pg_temp.refusal_of('context_samples_overflow', :'sound', jsonb_build_object('sampled_at', at)),
  'context_samples_sampled_at_check', 'sampled_at cannot be ' || at)
from (values ('infinity'), ('-infinity')) as t (at);

-- errors: what must be given
select is(
  pg_temp.refusal_of('context_samples', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['project', 'ps_session_id', 'context_usage', 'tokens_used', 'tokens_total']
) as u (c);
select is(
  pg_temp.refusal_of('context_samples_overflow', :'sound', jsonb_build_object(c, null)), '23502 ' || c,
  c || ' must be given in the overflow too')
from unnest(
  array['project', 'sampled_at', 'ps_session_id', 'context_usage', 'tokens_used', 'tokens_total']
) as u (c);

-- behaviour
select is(
  pg_temp.refusal_of('context_samples', :'sound', '{"sampled_at": "2001-03-01 00:00:00+00"}'), '23514',
  'a row without a partition is refused by the table');
select is(
  pg_temp.refusal_of('context_samples_overflow', :'sound', '{"sampled_at": "2001-03-01 00:00:00+00"}'), 'accepted',
  'and taken by the overflow');
select columns_are(
  'fleet', 'context_samples_overflow',
  array['project', 'sampled_at', 'ps_session_id', 'context_usage', 'tokens_used', 'tokens_total'],
  'the overflow has the same columns');
select col_is_pk(
  'fleet', 'context_samples_overflow', array['project', 'sampled_at', 'ps_session_id'], 'and the same key');
select is(
  pg_temp.grants('fleet.context_samples_overflow'), array['fleet_reader SELECT'],
  'readers may select from the overflow, nobody else');
select is(
  (select count(*) from pg_partitioned_table as p where p.partrelid = 'fleet.context_samples'::regclass and p.partdefid <> 0), 0::bigint,
  'trap 16: there is no default partition');
insert into fleet.context_samples select * from jsonb_populate_record(null::fleet.context_samples, :'sound');
select is(
  pg_temp.refusal_of('context_samples', :'sound', '{}'), 'context_samples_a_pkey', 'a second sample of one instant is refused');
select is(
  pg_temp.refusal_of('context_samples', :'sound', '{"ps_session_id": -2}'), 'accepted', 'one of another session is accepted');

select * from finish();

rollback;
