-- Check type partitions: does upkeep keep up? Critical when a row of now has no partition; warning when less than half
-- the lead is left, rows wait in an overflow table, or a partition or ended row is two days past its retention.
create or replace function fleet_internal.evaluate_partitions(
  p_at  timestamptz
)
returns table (
  project             text,
  subject             text,
  status              text,
  value               numeric,
  unit                text,
  warning_threshold   numeric,
  critical_threshold  numeric,
  message             text,
  detail              jsonb
)
language plpgsql
stable
parallel safe
security invoker
as $$
#variable_conflict use_column
declare
  v_rule     record;
  v_missing  timestamptz;
  v_waiting  boolean;
  v_oldest   timestamptz;
begin
  for v_rule in
    select p.table_name, p.lead, r.keep_for, r.action
    from fleet.partition_policies as p
    left join fleet.retention_rules as r on r.table_name = p.table_name and r.action = 'drop_partition'
    order by p.table_name
  loop
    select min(m.missing_from) into v_missing
    from fleet.list_missing_partitions(p_at) as m
    where m.table_name = v_rule.table_name;
    execute format('select exists (select from fleet.%I)', v_rule.table_name || '_overflow') into v_waiting;
    select min(l.to_at) into v_oldest from fleet_internal.list_partitions(v_rule.table_name) as l;

    subject := v_rule.table_name;
    value := case when v_missing is null then extract(epoch from v_rule.lead) else extract(epoch from v_missing - p_at) end;
    unit := 's';
    warning_threshold := extract(epoch from v_rule.lead / 2);
    critical_threshold := 0;
    status := case
      when v_missing <= p_at then 'critical'
      when v_missing < p_at + v_rule.lead / 2 or v_waiting or v_oldest < p_at - v_rule.keep_for - interval '2 days' then 'warning'
      else 'ok'
    end;
    message := concat_ws('; ',
      case
        when v_missing <= p_at then format('%s has no partition for now', v_rule.table_name)
        when v_missing < p_at + v_rule.lead / 2 then
          format('%s has partitions only for %s ahead', v_rule.table_name, fleet_internal.format_duration(v_missing - p_at))
      end,
      case when v_waiting then format('rows wait in %s_overflow', v_rule.table_name) end,
      case when v_oldest < p_at - v_rule.keep_for - interval '2 days' then
        format('retention of %s fell behind: rows of before %s are still there', v_rule.table_name, v_oldest at time zone 'UTC')
      end);
    if message = '' then
      message := format('%s has its partitions', v_rule.table_name);
    else
      message := message || case
        when v_missing < p_at + v_rule.lead / 2 or v_waiting then ': select * from fleet.ensure_partitions()'
        else format(': select * from fleet.purge_partition(%L)', v_rule.table_name)
      end;
    end if;
    detail := jsonb_build_object('missing_from', v_missing, 'overflow', v_waiting, 'oldest_ends_at', v_oldest);
    return next;
  end loop;

  return query
  select
    null::text, r.table_name, 'warning', extract(epoch from p_at - d.oldest), 's',
    extract(epoch from r.keep_for + interval '2 days'), null::numeric,
    format('ended rows wait in %s since %s: select fleet.archive_ended_%s()',
      r.table_name, d.oldest at time zone 'UTC', case r.table_name when 'active_spawns' then 'spawns' else 'sessions' end),
    jsonb_build_object('oldest_ended_at', d.oldest)
  from fleet.retention_rules as r
  cross join lateral (
    select min(a.completed_at) from fleet.active_spawns as a where r.table_name = 'active_spawns'
    union all
    select min(s.ended_at) from fleet.ps_sessions as s where r.table_name = 'ps_sessions'
  ) as d (oldest)
  where r.action = 'archive' and d.oldest < p_at - r.keep_for - interval '2 days';
end
$$;

revoke all on function fleet_internal.evaluate_partitions(timestamptz) from public;

comment on function fleet_internal.evaluate_partitions(timestamptz) is
  'Findings of check type partitions: partitions missing or overdue, rows waiting in overflow or for the archive.';
