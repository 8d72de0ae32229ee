begin;

\ir ../../support/helpers.psql

select plan(26);

\set sound '{"routing_key": "p", "source": "f", "claimed_at": "2001-02-03 04:00:00+00", "recorded_at": "2001-02-03 04:00:00+00", "occurrences": 1}'

-- contract
select has_table('fleet', 'clock_anomalies', 'the table is there');
select columns_are(
  'fleet', 'clock_anomalies',
  array['routing_key', 'source', 'claimed_at', 'recorded_at', 'occurrences'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'clock_anomalies', array['routing_key', 'source'], 'one row a caller and kind of claim');
select indexes_are('fleet', 'clock_anomalies', array['clock_anomalies_pkey'], 'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.clock_anomalies'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('clock_anomalies', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('clock_anomalies', :'sound', change), expected, label)
from (values
  (jsonb_build_object('routing_key', repeat('x', 200)), 'accepted', 'routing_key of 200 characters is accepted'),
  (jsonb_build_object('routing_key', repeat('x', 201)), 'clock_anomalies_routing_key_check', 'one of 201 is refused'),
  (jsonb '{"routing_key": ""}', 'clock_anomalies_routing_key_check', 'an empty routing_key is refused'),
  (jsonb_build_object('source', repeat('x', 200)), 'accepted', 'source of 200 characters is accepted'),
  (jsonb_build_object('source', repeat('x', 201)), 'clock_anomalies_source_check', 'one of 201 is refused'),
  (jsonb '{"source": ""}', 'clock_anomalies_source_check', 'an empty source is refused'),
  (jsonb '{"claimed_at": "infinity"}', 'clock_anomalies_claimed_at_check', 'claimed_at cannot be infinity'),
  (jsonb '{"claimed_at": "-infinity"}', 'clock_anomalies_claimed_at_check', 'claimed_at cannot be -infinity'),
  (jsonb '{"recorded_at": "infinity"}', 'clock_anomalies_recorded_at_check', 'recorded_at cannot be infinity'),
  (jsonb '{"recorded_at": "-infinity"}', 'clock_anomalies_recorded_at_check', 'recorded_at cannot be -infinity'),
  (jsonb '{"occurrences": 9223372036854775807}', 'accepted', 'occurrences may be any number'),
  (jsonb '{"occurrences": 0}', 'clock_anomalies_occurrences_check', 'an anomaly occurred at least once'),
  (jsonb '{"occurrences": -1}', 'clock_anomalies_occurrences_check', 'never less than once')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('clock_anomalies', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['routing_key', 'source', 'claimed_at', 'recorded_at', 'occurrences']
) as u (c);

-- behaviour
insert into fleet.clock_anomalies (routing_key, source, claimed_at, recorded_at) values ('p', 'f', now(), now());
select is((select occurrences from fleet.clock_anomalies), 1::bigint, 'the first claim counts as one');
select throws_ok(
  $$insert into fleet.clock_anomalies (routing_key, source, claimed_at, recorded_at) values ('p', 'f', now(), now())$$, '23505', null,
  'there is one row a caller and kind of claim');

select * from finish();

rollback;
