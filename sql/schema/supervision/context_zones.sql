-- What a context window's fill means: zones from low to high. '*' holds for every project; a project with rows of its own
-- uses only those, so that it can have other bounds, or other zones altogether.

create table fleet.context_zones (
  project          text     not null,
  zone             text     not null,
  from_usage       numeric  not null,
  severity         text     not null,
  largest_task     text,
  wants_prompt     boolean  not null,
  wants_handoff    boolean  not null,
  advice           text     not null,

  constraint context_zones_pkey primary key (project, zone),
  constraint context_zones_project_from_usage_key unique (project, from_usage),
  constraint context_zones_largest_task_fkey foreign key (largest_task)
    references fleet.task_sizes (task_size) on update restrict on delete restrict,
  constraint context_zones_project_check check (length(project) between 1 and 200),
  constraint context_zones_zone_check check (zone ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint context_zones_from_usage_check check (from_usage between 0 and 1),
  constraint context_zones_severity_check check (severity in ('ok', 'warning', 'critical')),
  constraint context_zones_advice_check check (length(advice) between 1 and 1000)
);

comment on table fleet.context_zones is
  'Zones of context use, by project. A reading is in the highest zone whose from_usage it has reached; below the lowest it is in the lowest.';
comment on column fleet.context_zones.project is 'The project it is for; * for any that has no rows of its own.';
comment on column fleet.context_zones.zone is 'What the zone is called.';
comment on column fleet.context_zones.from_usage is 'Context use from which it holds, 0 to 1.';
comment on column fleet.context_zones.severity is 'What a health check says of a session in it: ok, warning, critical.';
comment on column fleet.context_zones.largest_task is 'The largest size of task to begin in it; null: none at all.';
comment on column fleet.context_zones.wants_prompt is 'Whether the session should be told.';
comment on column fleet.context_zones.wants_handoff is 'Whether the session should hand its work over now.';
comment on column fleet.context_zones.advice is 'What to do, in words.';

insert into fleet.context_zones (project, zone, from_usage, severity, largest_task, wants_prompt, wants_handoff, advice) values
  ('*', 'normal', 0, 'ok', 'large', false, false, 'Any task fits.'),
  ('*', 'noted', 0.30, 'ok', 'medium', false, false, 'Nothing to do yet; keep an eye on it.'),
  ('*', 'filling', 0.50, 'ok', 'small', false, false, 'Begin small tasks only.'),
  ('*', 'warning', 0.70, 'warning', 'tiny', true, false, 'Begin tiny tasks only, and prepare the handoff.'),
  ('*', 'critical', 0.85, 'critical', null, true, true, 'Hand off now.');
