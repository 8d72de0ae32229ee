begin;

\ir ../../support/helpers.psql

select plan(25);

\set sound '{"id": -1, "project": "p", "check_date": "2001-02-03", "check_type": "spawn", "status": "ok", "check_count": 1, "last_check_time": "2001-02-03 04:00:00+00"}'

-- contract
select has_table('fleet', 'health_check_deltas', 'the table is there');
select columns_are('fleet', 'health_check_deltas', array['id', 'project', 'check_date', 'check_type', 'status', 'check_count', 'last_check_time'], 'it has these columns');
select col_is_pk('fleet', 'health_check_deltas', array['project', 'id'], 'any number of rows may speak of the same day: no two writers meet');
select indexes_are('fleet', 'health_check_deltas', array['health_check_deltas_pkey'], 'it has these indexes and no others');
select is(pg_temp.grants('fleet.health_check_deltas'), array['fleet_reader SELECT'], 'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('health_check_deltas', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('health_check_deltas', :'sound', change), expected, label)
from (values
  (jsonb '{"project": "*"}', 'accepted', '* stands for the whole fleet'),
  (jsonb_build_object('project', repeat('x', 200)), 'accepted', 'project of 200 characters is accepted'),
  (jsonb_build_object('project', repeat('x', 201)), 'health_check_deltas_project_check', 'one of 201 is refused'),
  (jsonb '{"project": ""}', 'health_check_deltas_project_check', 'an empty project is refused'),
  (jsonb_build_object('check_type', repeat('x', 63)), 'accepted', 'a kind of 63 characters is accepted'),
  (jsonb_build_object('check_type', repeat('x', 64)), 'health_check_deltas_check_type_check', 'one of 64 is refused'),
  (jsonb '{"status": "critical"}', 'accepted', 'critical is a status'),
  (jsonb '{"status": "unknown"}', 'health_check_deltas_status_check', 'unknown is none'),
  (jsonb '{"status": ""}', 'health_check_deltas_status_check', 'nor nothing'),
  (jsonb '{"check_count": 9000000000}', 'accepted', 'counts may be large'),
  (jsonb '{"check_count": 0}', 'health_check_deltas_check_count_check', 'no check is no row'),
  (jsonb '{"last_check_time": "infinity"}', 'health_check_deltas_last_check_time_check', 'the last check was at a finite time')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('health_check_deltas', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(array['project', 'check_date', 'check_type', 'status', 'check_count', 'last_check_time']) as u (c);

-- behaviour
insert into fleet.health_check_deltas (project, check_date, check_type, status, check_count, last_check_time)
values ('p', '2001-02-03', 'spawn', 'ok', 1, '2001-02-03 04:00+00');
select is(pg_temp.refusal_of('health_check_deltas', :'sound', '{}'), 'accepted', 'a second row of the same is accepted');

select * from finish();

rollback;
