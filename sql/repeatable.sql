-- The sand: views and functions in the order of their dependencies. `sqlctl migrate` re-applies the files that changed
-- or whose object is missing, in this order; privileges.sql last, whenever anything was applied.

\ir functions/internal/require_key.sql
\ir functions/internal/require_text.sql
\ir functions/internal/bound_text.sql
\ir functions/internal/require_instant.sql
\ir functions/internal/require_object.sql
\ir functions/internal/require_same_length.sql
\ir functions/internal/require_output_problem.sql
\ir functions/internal/require_check_type.sql
\ir functions/internal/require_known_project.sql
\ir functions/internal/get_time_limit.sql
\ir functions/internal/require_period.sql
\ir functions/internal/believe_instant.sql
\ir functions/internal/format_duration.sql
\ir functions/internal/list_partitions.sql
\ir functions/internal/create_partition.sql
\ir functions/internal/move_overflow.sql

\ir functions/maintenance/list_missing_partitions.sql
\ir functions/maintenance/ensure_partitions.sql
\ir functions/maintenance/purge_partition.sql
\ir functions/maintenance/purge_rows.sql
\ir functions/maintenance/list_clock_anomalies.sql

\ir views/supervision/spawns.sql
\ir views/supervision/spawn_statistics.sql

\ir functions/internal/raise_unknown_spawn.sql
\ir functions/internal/require_known_spawn.sql
\ir functions/internal/list_sessions.sql
\ir functions/internal/archive_session.sql
\ir functions/internal/archive_spawns.sql
\ir functions/internal/get_parent_spawn_id.sql
\ir functions/internal/find_registration.sql
\ir functions/internal/end_spawn.sql
\ir functions/internal/lock_spawn.sql
\ir functions/internal/insert_spawn_usage.sql
\ir functions/internal/add_spawn_usage.sql
\ir functions/internal/list_tree_roots.sql

\ir functions/supervision/update_updated_at_column.sql
\ir functions/internal/get_shortest_stall.sql
\ir functions/supervision/get_stall_rule.sql
\ir functions/supervision/change_stall_rule.sql
\ir functions/supervision/start_session.sql
\ir functions/supervision/touch_session.sql
\ir functions/supervision/end_session.sql
\ir functions/supervision/register_spawn.sql
\ir functions/supervision/complete_spawn.sql
\ir functions/supervision/fail_spawn.sql
\ir functions/supervision/abandon_spawn.sql
\ir functions/supervision/record_spawn_usage.sql
\ir functions/supervision/get_spawn_tree.sql
\ir functions/supervision/get_spawn_statistics.sql
\ir functions/supervision/list_output_files.sql
\ir functions/supervision/record_spawn_outputs.sql
\ir functions/supervision/record_spawn_output.sql
\ir functions/supervision/get_stalled_spawns.sql
\ir functions/supervision/mark_stalled_spawns.sql
\ir functions/supervision/archive_ended_spawns.sql
\ir functions/supervision/archive_ended_sessions.sql
\ir functions/internal/require_context_reading.sql
\ir functions/internal/require_context_zone.sql
\ir functions/internal/require_ratio.sql
\ir functions/internal/require_window.sql
\ir functions/internal/find_past_session.sql
\ir functions/internal/insert_context_sample.sql
\ir functions/internal/raise_no_live_session.sql
\ir functions/internal/parse_token_count.sql
\ir functions/internal/parse_context_text.sql
\ir functions/supervision/update_session_context.sql
\ir functions/supervision/report_context_text.sql
\ir functions/supervision/get_context_zone.sql
\ir functions/internal/fit_context_line.sql
\ir functions/supervision/get_context_forecast.sql
\ir functions/supervision/get_sessions_needing_context_check.sql
\ir views/supervision/high_context_sessions.sql

\ir functions/internal/insert_health_check.sql
\ir functions/supervision/tg_health_checks__count.sql
\ir functions/supervision/record_health_check.sql
\ir functions/supervision/record_check_response.sql
\ir functions/supervision/refresh_health_check_counts.sql
\ir views/supervision/health_check_summary.sql
\ir views/supervision/active_monitoring_targets.sql
\ir functions/supervision/list_check_types.sql

\ir functions/internal/describe_handoff.sql
\ir functions/internal/set_handoff_file.sql
\ir functions/supervision/request_session_handoff.sql
\ir functions/supervision/record_session_handoff.sql
\ir functions/supervision/resume_session_handoff.sql
\ir functions/supervision/expire_session_handoffs.sql

\ir functions/internal/record_findings.sql
\ir functions/internal/evaluate_partitions.sql
\ir functions/internal/evaluate_spawn.sql
\ir functions/internal/evaluate_orphaned_work.sql
\ir functions/internal/evaluate_handoff.sql
\ir functions/internal/evaluate_context.sql
\ir functions/supervision/run_check.sql
\ir functions/supervision/run_checks.sql

\ir privileges.sql
