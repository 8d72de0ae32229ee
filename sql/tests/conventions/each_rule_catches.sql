-- The rules themselves: well-made objects offend none; one offence planted for each rule is caught by that rule and by
-- no other. A rule without its offence here fails the last assertion.
begin;
select plan(60);

set local role fleet_owner;

create table fleet.planted_things (
  id        bigint       not null  generated always as identity,
  project   text         not null,
  thing_id  text         not null,
  status    text         not null  default 'new',
  note      text,
  seen_at   timestamptz,
  score     numeric,
  details   jsonb,

  constraint planted_things_pkey primary key (project, thing_id),
  constraint planted_things_thing_id_key unique (thing_id),
  constraint planted_things_project_check check (length(project) < 100),
  constraint planted_things_thing_id_check check (length(thing_id) < 100),
  constraint planted_things_status_check check (status in ('new', 'old')),
  constraint planted_things_note_check check (length(note) < 100),
  constraint planted_things_seen_at_check check (isfinite(seen_at)),
  constraint planted_things_score_check check (score between 0 and 1),
  constraint planted_things_details_check check (jsonb_typeof(details) = 'object')
);
create index planted_things_status_idx on fleet.planted_things (status);
comment on table fleet.planted_things is 'Well made.';
comment on column fleet.planted_things.id is 'Well made.';
comment on column fleet.planted_things.project is 'Well made.';
comment on column fleet.planted_things.thing_id is 'Well made.';
comment on column fleet.planted_things.status is 'Well made.';
comment on column fleet.planted_things.note is 'Well made.';
comment on column fleet.planted_things.seen_at is 'Well made.';
comment on column fleet.planted_things.score is 'Well made.';
comment on column fleet.planted_things.details is 'Well made.';
grant select on fleet.planted_things to fleet_reader;

create table fleet.planted_events (
  project     text         not null,
  seen_at     timestamptz  not null,

  constraint planted_events_pkey primary key (project, seen_at),
  constraint planted_events_project_check check (length(project) < 100),
  constraint planted_events_seen_at_check check (isfinite(seen_at))
) partition by range (seen_at);
comment on table fleet.planted_events is 'Well made.';
comment on column fleet.planted_events.project is 'Well made.';
comment on column fleet.planted_events.seen_at is 'Well made.';
grant select on fleet.planted_events to fleet_reader;
create table fleet.planted_events_overflow (like fleet.planted_events);
comment on table fleet.planted_events_overflow is 'Well made.';
create table fleet.planted_events_p20200101 partition of fleet.planted_events for values from ('2020-01-01') to ('2020-01-02');
insert into fleet.partition_policies (table_name, control_column, width, lead)
values ('planted_events', 'seen_at', 'day', interval '7 days');
insert into fleet.retention_rules (table_name, keep_for, action, description)
values ('planted_events', interval '30 days', 'drop_partition', 'Planted.');

create view fleet.planted_overview as
select project, status, upper(note) as shout from fleet.planted_things;
comment on view fleet.planted_overview is 'Well made.';
comment on column fleet.planted_overview.shout is 'Well made.';
grant select on fleet.planted_overview to fleet_reader;

create function fleet.record_planted_thing(p_project text, p_note text, p_at timestamptz default now())
returns bigint language plpgsql volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'planted' using errcode = 'MF999', detail = 'It; is.', hint = 'None.';
end
$$;
revoke all on function fleet.record_planted_thing(text, text, timestamptz) from public;
grant execute on function fleet.record_planted_thing(text, text, timestamptz) to fleet_writer;
comment on function fleet.record_planted_thing(text, text, timestamptz) is
  'Record it.

p_project: whose. p_note: what. p_at: when.
Example: none.';

create function fleet.get_planted_thing(p_project text, p_at timestamptz default now())
returns table (note text, score numeric) language sql stable parallel safe security invoker
begin atomic
  select t.note, t.score from fleet.planted_things as t where t.project = p_project and t.seen_at < p_at;
end;
revoke all on function fleet.get_planted_thing(text, timestamptz) from public;
grant execute on function fleet.get_planted_thing(text, timestamptz) to fleet_reader;
comment on function fleet.get_planted_thing(text, timestamptz) is
  'Get it.

p_project: whose. p_at: when.
Example: none.';

create function fleet_internal.tg_planted_things__refuse()
returns trigger language plpgsql volatile parallel unsafe security invoker
as $$
begin
  return null;
end
$$;
revoke all on function fleet_internal.tg_planted_things__refuse() from public;
comment on function fleet_internal.tg_planted_things__refuse() is 'Refuse it.';
create trigger refuse before update on fleet.planted_things
  for each row when (old.status is distinct from new.status) execute function fleet_internal.tg_planted_things__refuse();

reset role;

-- The furniture of a planted function, so that it offends nothing by lacking it.
create function pg_temp.furnish(p_function regprocedure, p_caller text default null)
returns void
language plpgsql
as $$
begin
  execute format('revoke all on function %s from public', p_function);
  if p_caller is not null then
    execute format('grant execute on function %s to %I', p_function, p_caller);
  end if;
  execute format('comment on function %s is %L', p_function,
    E'It is planted.\n\nExample: ' || (select coalesce(p.proargnames::text, '') from pg_proc as p where p.oid = p_function));
end
$$;

create temporary table planted (
  rule      text not null,
  offender  text not null,
  plant     text not null
);

insert into planted (rule, offender, plant) values
  -- names
  ('table_names', 'fleet.planted__overview', 'alter view fleet.planted_overview rename to planted__overview'),
  ('column_names', 'fleet.planted_things.theScore', 'alter table fleet.planted_things rename score to "theScore"'),
  ('instant_names', 'fleet.planted_things.seen', 'alter table fleet.planted_things rename seen_at to seen'),
  ('constraint_names', 'fleet.planted_things: odd',
    'alter table fleet.planted_things rename constraint planted_things_score_check to odd'),
  ('index_names', 'fleet.planted_things: odd', 'alter index fleet.planted_things_status_idx rename to odd'),
  ('function_verbs', 'fleet.fetch_planted_thing', 'alter function fleet.get_planted_thing rename to fetch_planted_thing'),
  ('trigger_function_names', 'fleet_internal.refuse_planted',
    'alter function fleet_internal.tg_planted_things__refuse rename to refuse_planted'),
  ('argument_names', 'fleet_internal.planted_helper: 1', $plant$
    create function fleet_internal.planted_helper(integer)
    returns integer language plpgsql immutable parallel safe as 'begin return $1; end';
    select pg_temp.furnish('fleet_internal.planted_helper(integer)')$plant$),
  ('batch_names', 'fleet.record_planted_lots', $plant$
    create function fleet.record_planted_lots(p_projects text[])
    returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as 'begin return; end';
    select pg_temp.furnish('fleet.record_planted_lots(text[])', 'fleet_writer')$plant$),
  ('overloads', 'fleet.record_planted_thing', $plant$
    create function fleet.record_planted_thing(p_project text)
    returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as 'begin return; end';
    select pg_temp.furnish('fleet.record_planted_thing(text)', 'fleet_writer')$plant$),

  -- comments
  ('schema_comments', 'fleet_internal', 'comment on schema fleet_internal is null'),
  ('role_comments', 'fleet_planted', 'reset role; create role fleet_planted'),
  ('relation_comments', 'fleet.planted_overview', 'comment on view fleet.planted_overview is null'),
  ('column_comments', 'fleet.planted_things.note', 'comment on column fleet.planted_things.note is null'),
  ('view_column_comments', 'fleet.planted_overview.shout', 'comment on column fleet.planted_overview.shout is null'),
  ('function_comments', 'fleet_internal.tg_planted_things__refuse',
    $plant$comment on function fleet_internal.tg_planted_things__refuse() is 'refuses'$plant$),
  ('argument_comments', 'fleet.get_planted_thing: p_at',
    $plant$comment on function fleet.get_planted_thing is E'Get it.\np_project: whose.\nExample: none.'$plant$),
  ('function_examples', 'fleet.get_planted_thing',
    $plant$comment on function fleet.get_planted_thing is E'Get it.\np_project: whose. p_at: when.'$plant$),

  -- privileges
  ('public_privileges', 'fleet.get_planted_thing', 'grant execute on function fleet.get_planted_thing to public'),
  ('owners', 'fleet.planted_overview', 'reset role; alter view fleet.planted_overview owner to session_user'),
  ('writer_privileges', 'fleet.planted_things', 'grant select on fleet.planted_things to fleet_writer'),
  ('reader_privileges', 'fleet.planted_things', 'grant update (note) on fleet.planted_things to fleet_reader'),
  ('unreadable_relations', 'fleet.planted_overview', 'revoke select on fleet.planted_overview from fleet_reader'),
  ('reader_execute', 'fleet.record_planted_thing', 'grant execute on function fleet.record_planted_thing to fleet_reader'),
  ('unreachable_functions', 'fleet.record_planted_thing',
    'revoke execute on function fleet.record_planted_thing from fleet_writer'),
  ('definer_search_path', 'fleet.record_planted_thing',
    'alter function fleet.record_planted_thing set search_path = public, pg_temp'),
  ('definer_where_due', 'fleet.get_planted_thing',
    'alter function fleet.get_planted_thing security definer set search_path = pg_catalog, pg_temp'),

  -- functions
  ('reader_volatility', 'fleet.get_planted_other', $plant$
    create function fleet.get_planted_other(p_project text)
    returns integer language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as 'begin return 1; end';
    select pg_temp.furnish('fleet.get_planted_other(text)', 'fleet_auditor')$plant$),
  ('parallel_stated', 'fleet.get_planted_thing', 'alter function fleet.get_planted_thing parallel unsafe'),
  ('sql_bodies', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns integer language sql immutable parallel safe as 'select 1';
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('writer_language', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns integer language sql volatile begin atomic select 1; end;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('returned_tables', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns setof fleet.planted_things language sql stable parallel safe
    begin atomic select t.* from fleet.planted_things as t; end;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('at_arguments', 'fleet.get_planted_other', $plant$
    create function fleet.get_planted_other(p_at timestamptz default now(), p_project text default null)
    returns integer language sql immutable parallel safe begin atomic select 1; end;
    select pg_temp.furnish('fleet.get_planted_other(timestamptz, text)', 'fleet_reader')$plant$),
  ('routing_key_first', 'fleet.record_planted_other', $plant$
    create function fleet.record_planted_other(p_note text, p_project text)
    returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as 'begin return; end';
    select pg_temp.furnish('fleet.record_planted_other(text, text)', 'fleet_writer')$plant$),
  ('reader_clock', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns timestamptz language sql stable parallel safe begin atomic select now(); end;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('raised_errors', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns void language plpgsql immutable parallel safe
    as $f$ begin raise exception 'no; not' using errcode = 'MF999', hint = 'None.'; end $f$;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('error_classes', 'fleet_internal.planted_helper', $plant$
    create function fleet_internal.planted_helper()
    returns void language plpgsql immutable parallel safe
    as $f$ begin raise exception 'no' using errcode = 'P0001', detail = 'It is.', hint = 'None.'; end $f$;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),

  -- tables
  ('column_types', 'fleet.planted_things.size: double precision', $plant$
    alter table fleet.planted_things add size float8;
    comment on column fleet.planted_things.size is 'It.'$plant$),
  ('argument_types', 'fleet_internal.planted_helper: p_text', $plant$
    create function fleet_internal.planted_helper(p_text varchar)
    returns integer language plpgsql immutable parallel safe as 'begin return 1; end';
    select pg_temp.furnish('fleet_internal.planted_helper(varchar)')$plant$),
  ('identities', 'fleet.planted_things.number', $plant$
    alter table fleet.planted_things add number bigserial;
    comment on column fleet.planted_things.number is 'It.'$plant$),
  ('primary_keys', 'fleet.planted_events', 'alter table fleet.planted_events drop constraint planted_events_pkey'),
  ('routing_key_leads', 'fleet.planted_events', $plant$
    alter table fleet.planted_events drop constraint planted_events_pkey;
    alter table fleet.planted_events add constraint planted_events_pkey primary key (seen_at, project)$plant$),
  ('foreign_key_actions', 'fleet.planted_things: planted_things_note_fkey', $plant$
    alter table fleet.planted_things add constraint planted_things_note_fkey foreign key (project, note)
    references fleet.planted_things (project, thing_id)$plant$),
  ('foreign_keys_within_key', 'fleet.planted_things: planted_things_note_fkey', $plant$
    alter table fleet.planted_things add constraint planted_things_note_fkey foreign key (note)
    references fleet.planted_things (thing_id) on update restrict on delete restrict$plant$),
  ('status_checks', 'fleet.planted_things.state', $plant$
    alter table fleet.planted_things add state text constraint planted_things_state_check check (length(state) < 9);
    comment on column fleet.planted_things.state is 'It.'$plant$),
  ('bounded_texts', 'fleet.planted_things.remark', $plant$
    alter table fleet.planted_things add remark text;
    comment on column fleet.planted_things.remark is 'It.'$plant$),
  ('finite_instants', 'fleet.planted_things.left_at', $plant$
    alter table fleet.planted_things add left_at timestamptz;
    comment on column fleet.planted_things.left_at is 'It.'$plant$),
  ('numeric_ranges', 'fleet.planted_things.weight', $plant$
    alter table fleet.planted_things add weight numeric;
    comment on column fleet.planted_things.weight is 'It.'$plant$),
  ('json_objects', 'fleet.planted_things.extras', $plant$
    alter table fleet.planted_things add extras jsonb;
    comment on column fleet.planted_things.extras is 'It.'$plant$),
  ('overflow_tables', 'fleet.planted_events', $plant$
    alter table fleet.planted_events add things bigint;
    comment on column fleet.planted_events.things is 'It.'$plant$),
  ('partition_policies', 'fleet.planted_events',
    $plant$delete from fleet.retention_rules where table_name = 'planted_events'$plant$),
  ('partition_shapes', 'fleet.planted_events_pdefault',
    'create table fleet.planted_events_pdefault partition of fleet.planted_events default'),
  ('hot_indexes', 'fleet.ps_sessions: ps_sessions_last_activity_idx',
    'create index ps_sessions_last_activity_idx on fleet.ps_sessions (last_activity)'),
  ('duplicate_indexes', 'fleet.planted_things: fleet.planted_things_status_idx, fleet.planted_things_note_idx',
    'create index planted_things_note_idx on fleet.planted_things (status)'),
  ('update_triggers', 'fleet.planted_things: touch', $plant$
    create trigger touch before update on fleet.planted_things for each row
    execute function fleet_internal.tg_planted_things__refuse()$plant$),

  -- validity
  ('broken_views', 'fleet.planted_shares: division by zero', $plant$
    create view fleet.planted_shares as select project, 1 / 0 as share from fleet.planted_things;
    comment on view fleet.planted_shares is 'It.';
    comment on column fleet.planted_shares.share is 'It.';
    grant select on fleet.planted_shares to fleet_reader$plant$),
  ('broken_functions', 'fleet_internal.planted_helper: syntax error at or near "retrun"', $plant$
    set local check_function_bodies = off;
    create function fleet_internal.planted_helper()
    returns integer language plpgsql immutable parallel safe as 'begin retrun 1; end';
    set local check_function_bodies = on;
    select pg_temp.furnish('fleet_internal.planted_helper()')$plant$),
  ('invalid_objects', 'fleet.planted_things: planted_things_new_check',
    'alter table fleet.planted_things add constraint planted_things_new_check check (score <> 0.7) not valid');

create temporary table already as
select format('%s > %s', o.rule, o.offender) as offence
from conventions_facts.list_offenders() as o;

select is_empty(
  'select offence from already where offence like ''%planted%''', 'what is well made offends no rule'
);

select is(
  conventions_facts.catch(p.plant, array(select a.offence from already as a)),
  array[format('%s > %s', p.rule, p.offender)],
  format('%s catches its offence, alone', p.rule)
)
from planted as p;

select set_eq(
  'select rule::text from conventions_facts.rules', 'select rule from planted', 'each rule has a planted offence'
);

select * from finish();
rollback;
