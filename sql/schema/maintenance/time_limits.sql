-- Spans of time that are policy, not logic. A function that compares two instants takes its limit from here,
-- so a limit is changed by updating a row, never by editing a function.

create table fleet.time_limits (
  name         text      not null,
  duration     interval  not null,
  description  text      not null,

  constraint time_limits_pkey primary key (name),
  constraint time_limits_name_check check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint time_limits_duration_check check (duration between interval '0' and interval '10 years'),
  constraint time_limits_description_check check (length(description) between 1 and 1000)
);

comment on table fleet.time_limits is 'Limits of time that functions take as policy, one row a limit.';
comment on column fleet.time_limits.name is 'What the limit is called where it is used.';
comment on column fleet.time_limits.duration is 'The limit.';
comment on column fleet.time_limits.description is 'What it decides.';

insert into fleet.time_limits (name, duration, description) values
  ('clock_tolerance', interval '1 minute',
    'A caller''s instant this far ahead of the server''s clock is believed; one further ahead is recorded as a clock anomaly.'),
  ('context_check_interval', interval '10 minutes',
    'A live session whose context was not read for this long needs a context check.'),
  ('handoff_deadline', interval '5 minutes', 'A handoff document that was asked for is waited for this long.'),
  ('handoff_spacing', interval '1 hour', 'More than one handoff of a project within this span is a warning.'),
  ('session_silence', interval '1 hour',
    'A live session without a sign of life for this long is reported by check type context.'),
  ('touch_interval', interval '1 second',
    'A session''s last activity is written again only when the stored one is older than this.');
