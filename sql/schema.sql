-- The sheet: what the tables are now. For readers, and for the proof (make drift) that the journal in migrations/
-- leads to the same. Never run in production: `sqlctl migrate` is the one road there.

\ir schema/schemas.sql

\ir schema/maintenance/time_limits.sql
\ir schema/maintenance/clock_anomalies.sql
\ir schema/maintenance/partition_policies.sql
\ir schema/maintenance/retention_rules.sql

\ir schema/supervision/check_types.sql
\ir schema/supervision/stall_rules.sql
\ir schema/supervision/ps_sessions.sql
\ir schema/supervision/session_history.sql
\ir schema/supervision/active_spawns.sql
\ir schema/supervision/spawn_history.sql
\ir schema/supervision/spawn_usages.sql
\ir schema/supervision/health_checks.sql
\ir schema/supervision/health_check_counts.sql
\ir schema/supervision/health_check_deltas.sql
\ir schema/supervision/session_handoffs.sql
\ir schema/supervision/task_sizes.sql
\ir schema/supervision/context_zones.sql
\ir schema/supervision/context_samples.sql
