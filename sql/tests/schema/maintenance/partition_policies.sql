begin;

\ir ../../support/helpers.psql

select plan(34);

\set sound '{"table_name": "a_table", "control_column": "at", "width": "day", "lead": "7 days"}'

-- contract
select has_table('fleet', 'partition_policies', 'the table is there');
select columns_are(
  'fleet', 'partition_policies',
  array['table_name', 'control_column', 'width', 'lead'],
  'it has these columns, those of the requirements among them');
select col_is_pk('fleet', 'partition_policies', array['table_name'], 'a table has one policy');
select indexes_are('fleet', 'partition_policies', array['partition_policies_pkey'], 'it has these indexes and no others');
select is(
  pg_temp.grants('fleet.partition_policies'), array['fleet_reader SELECT'],
  'readers may select; writers have no privilege on any table');

select is(pg_temp.refusal_of('partition_policies', :'sound', '{}'), 'accepted', 'a sound row is accepted');

-- edges: values just inside and just outside of each rule
select is(pg_temp.refusal_of('partition_policies', :'sound', change), expected, label)
from (values
  (jsonb_build_object('table_name', 'a' || repeat('0', 53)), 'accepted',
    'a table name of 54 characters leaves room for _overflow and _pYYYYMMDD'),
  (jsonb_build_object('table_name', 'a' || repeat('0', 54)), 'partition_policies_table_name_check', 'a longer one does not'),
  (jsonb '{"table_name": ""}', 'partition_policies_table_name_check', 'an empty table name is refused'),
  (jsonb '{"table_name": "a; drop table b"}', 'partition_policies_table_name_check', 'a statement is no table name'),
  (jsonb '{"table_name": "fleet.a"}', 'partition_policies_table_name_check', 'nor is a name with its schema'),
  (jsonb '{"control_column": ""}', 'partition_policies_control_column_check', 'an empty column is refused'),
  (jsonb '{"control_column": "a b"}', 'partition_policies_control_column_check', 'a column with a blank is refused'),
  (jsonb_build_object('control_column', 'a' || repeat('0', 62)), 'accepted', 'a column of 63 characters is accepted'),
  (jsonb_build_object('control_column', 'a' || repeat('0', 63)), 'partition_policies_control_column_check', 'one of 64 is refused'),
  (jsonb '{"width": "week"}', 'accepted', 'a week is a width'),
  (jsonb '{"width": "month"}', 'accepted', 'a month is a width'),
  (jsonb '{"width": "hour"}', 'partition_policies_width_check', 'an hour is none'),
  (jsonb '{"width": "year"}', 'partition_policies_width_check', 'nor is a year'),
  (jsonb '{"width": ""}', 'partition_policies_width_check', 'nor nothing'),
  (jsonb '{"width": "Day"}', 'partition_policies_width_check', 'nor another case'),
  (jsonb '{"lead": "1 day"}', 'accepted', 'a lead of a day is accepted'),
  (jsonb '{"lead": "23:59:59"}', 'partition_policies_lead_check', 'a shorter one is refused'),
  (jsonb '{"lead": "1 year"}', 'accepted', 'a lead of a year is accepted'),
  (jsonb '{"lead": "1 year 1 second"}', 'partition_policies_lead_check', 'a longer one is refused'),
  (jsonb '{"lead": "-1 day"}', 'partition_policies_lead_check', 'a negative one is refused')
) as t (change, expected, label);

-- errors: what must be given
select is(
  pg_temp.refusal_of('partition_policies', :'sound', jsonb_build_object(c, null)), '23502 ' || c, c || ' must be given')
from unnest(
  array['table_name', 'control_column', 'width', 'lead']
) as u (c);

-- behaviour
select results_eq(
  'select table_name, control_column, width, lead from fleet.partition_policies order by table_name',
  $$values
    ('context_samples', 'sampled_at', 'day', interval '7 days'),
    ('health_checks', 'check_time', 'day', interval '7 days'),
    ('session_history', 'ended_at', 'month', interval '35 days'),
    ('spawn_history', 'completed_at', 'month', interval '35 days'),
    ('spawn_usages', 'recorded_at', 'month', interval '35 days')$$, 'these policies ship');
select is_empty(
  $$select from fleet.partition_policies as p
    where not exists (
      select from pg_partitioned_table as t join pg_attribute as a on a.attrelid = t.partrelid and a.attnum = t.partattrs[0]
      where t.partrelid = to_regclass('fleet.' || p.table_name) and a.attname = p.control_column
        and a.atttypid = 'timestamptz'::regtype and t.partstrat = 'r' and t.partdefid = 0)$$,
  'each names a table that is split by its column of time; trap 16: none has a default partition');
select is_empty(
  $$select from pg_partitioned_table as t join pg_class as c on c.oid = t.partrelid
    where c.relnamespace = 'fleet'::regnamespace
      and not exists (select from fleet.partition_policies as p where p.table_name = c.relname)$$,
  'each table that is split has a policy');
select is_empty(
  $$select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    from fleet.partition_policies as p join pg_attribute as a on a.attrelid = to_regclass('fleet.' || p.table_name)
    where a.attnum > 0 and not a.attisdropped
    except
    select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    from fleet.partition_policies as p join pg_attribute as a on a.attrelid = to_regclass('fleet.' || p.table_name || '_overflow')
    where a.attnum > 0 and not a.attisdropped$$,
  'each has an overflow table with the same columns');

select * from finish();

rollback;
