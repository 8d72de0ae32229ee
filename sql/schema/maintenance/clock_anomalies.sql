-- A caller may say when a thing happened. Said of the future, it is not believed: one clock that jumped ahead
-- must not keep a dead thing alive. What was claimed is kept here, one row a caller and kind of claim.

create table fleet.clock_anomalies (
  routing_key  text         not null,
  source       text         not null,
  claimed_at   timestamptz  not null,
  recorded_at  timestamptz  not null,
  occurrences  bigint       not null  default 1,

  constraint clock_anomalies_pkey primary key (routing_key, source),
  constraint clock_anomalies_routing_key_check check (length(routing_key) between 1 and 200),
  constraint clock_anomalies_source_check check (length(source) between 1 and 200),
  constraint clock_anomalies_claimed_at_check check (isfinite(claimed_at)),
  constraint clock_anomalies_recorded_at_check check (isfinite(recorded_at)),
  constraint clock_anomalies_occurrences_check check (occurrences >= 1)
);

comment on table fleet.clock_anomalies is 'Instants from the future that callers claimed, counted; none of them was believed.';
comment on column fleet.clock_anomalies.routing_key is 'Whose event it was: the first argument of the function (a project, a service, ...).';
comment on column fleet.clock_anomalies.source is 'The function that was told so.';
comment on column fleet.clock_anomalies.claimed_at is 'The latest instant that was claimed.';
comment on column fleet.clock_anomalies.recorded_at is 'The server''s clock at the latest claim.';
comment on column fleet.clock_anomalies.occurrences is 'How many such claims there were.';
