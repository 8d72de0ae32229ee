-- Move ended spawns of a project to spawn_history; those for whose end no partition exists go to its overflow. The
-- caller holds the rows' locks.
create or replace function fleet_internal.archive_spawns(
  p_project   text,
  p_task_ids  text[]
)
returns bigint
language plpgsql
volatile
parallel unsafe
security invoker
as $$
declare
  v_moved  bigint;
begin
  with gone as (
    delete from fleet.active_spawns as a
    where a.project = p_project and a.task_id = any (p_task_ids) and a.completed_at is not null
    returning a.*
  ),
  rows_to_keep as materialized (
    select
      g.id, g.project, g.task_id, g.task_type, g.description, g.spawn_time, g.last_output_change, g.output_file, g.status,
      g.exit_code, g.error_message, g.completed_at, g.created_at, g.updated_at, g.failure_reason, g.parent_spawn_id, g.host,
      g.ps_session_id, g.attempt, g.event_id, g.last_checked_at, g.error_line, g.output_problem, now() as archived_at,
      g.tokens_used, g.cost_usd,
      exists (
        select from fleet_internal.list_partitions('spawn_history') as p
        where g.completed_at >= p.from_at and g.completed_at < p.to_at
      ) as has_partition
    from gone as g
  ),
  partitioned as (
    insert into fleet.spawn_history (
      id, project, task_id, task_type, description, spawn_time, last_output_change, output_file, status, exit_code,
      error_message, completed_at, created_at, updated_at, failure_reason, parent_spawn_id, host, ps_session_id, attempt,
      event_id, last_checked_at, error_line, output_problem, archived_at, tokens_used, cost_usd)
    select
      k.id, k.project, k.task_id, k.task_type, k.description, k.spawn_time, k.last_output_change, k.output_file, k.status,
      k.exit_code, k.error_message, k.completed_at, k.created_at, k.updated_at, k.failure_reason, k.parent_spawn_id, k.host,
      k.ps_session_id, k.attempt, k.event_id, k.last_checked_at, k.error_line, k.output_problem, k.archived_at,
      k.tokens_used, k.cost_usd
    from rows_to_keep as k
    where k.has_partition
  ),
  overflown as (
    insert into fleet.spawn_history_overflow (
      id, project, task_id, task_type, description, spawn_time, last_output_change, output_file, status, exit_code,
      error_message, completed_at, created_at, updated_at, failure_reason, parent_spawn_id, host, ps_session_id, attempt,
      event_id, last_checked_at, error_line, output_problem, archived_at, tokens_used, cost_usd)
    select
      k.id, k.project, k.task_id, k.task_type, k.description, k.spawn_time, k.last_output_change, k.output_file, k.status,
      k.exit_code, k.error_message, k.completed_at, k.created_at, k.updated_at, k.failure_reason, k.parent_spawn_id, k.host,
      k.ps_session_id, k.attempt, k.event_id, k.last_checked_at, k.error_line, k.output_problem, k.archived_at,
      k.tokens_used, k.cost_usd
    from rows_to_keep as k
    where not k.has_partition
  )
  select count(*) into v_moved from rows_to_keep;
  return v_moved;
end
$$;

revoke all on function fleet_internal.archive_spawns(text, text[]) from public;

comment on function fleet_internal.archive_spawns(text, text[]) is
  'Move ended spawns of a project from active_spawns to spawn_history; return how many.';
