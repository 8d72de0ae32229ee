-- When silence is a stall, when a stall is critical, what an error looks like. '*' stands for any project or any
-- task type; the row that names more wins, a named project before a named task type.

create table fleet.stall_rules (
  project           text      not null,
  task_type         text      not null,
  stalled_after     interval  not null,
  escalate_after    interval  not null,
  error_pattern     text      not null,
  max_output_bytes  bigint    not null,

  constraint stall_rules_pkey primary key (project, task_type),
  constraint stall_rules_project_check check (length(project) between 1 and 200),
  constraint stall_rules_task_type_check check (length(task_type) between 1 and 200),
  constraint stall_rules_stalled_after_check check (stalled_after between interval '1 second' and interval '30 days'),
  constraint stall_rules_escalate_after_check check (escalate_after between stalled_after and interval '60 days'),
  constraint stall_rules_error_pattern_check check (length(error_pattern) between 1 and 1000),
  constraint stall_rules_max_output_bytes_check check (max_output_bytes > 0)
);

comment on table fleet.stall_rules is 'Limits of silence and error patterns for spawns, by project and task type.';
comment on column fleet.stall_rules.project is 'The project it is for; * for any.';
comment on column fleet.stall_rules.task_type is 'The task type it is for; * for any.';
comment on column fleet.stall_rules.stalled_after is 'Silence this long is a stall (warning).';
comment on column fleet.stall_rules.escalate_after is 'Silence this long is critical.';
comment on column fleet.stall_rules.error_pattern is 'Regular expression, in the syntax common to PostgreSQL and Python; a line of the last 50 of the output that matches is critical.';
comment on column fleet.stall_rules.max_output_bytes is 'An output file larger than this is reported.';

insert into fleet.stall_rules (project, task_type, stalled_after, escalate_after, error_pattern, max_output_bytes) values
  ('*', '*', interval '15 minutes', interval '30 minutes', 'Error:|Failed:|Exception:|Traceback|fatal:', 1073741824);
