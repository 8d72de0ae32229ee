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
  v_waiting  timestamptz[];
  v_oldest   timestamptz;
  v_cut      timestamptz;
  v_late     boolean;
begin
  for v_rule in
    select p.table_name, p.control_column, p.lead, coalesce(r.keep_for, interval '100 years') as keep_for
    from fleet.partition_policies as p
    left join fleet.retention_rules as r on r.table_name = p.table_name and r.action = 'drop_partition'
    order by p.table_name
  loop
    select min(m.missing_from) into v_missing
    from fleet.list_missing_partitions(p_at) as m
    where m.table_name = v_rule.table_name;
    v_cut := p_at - v_rule.keep_for;
    execute format('select array[min(o.%1$I), max(o.%1$I)] from fleet.%2$I as o', v_rule.control_column, v_rule.table_name || '_overflow')
    into v_waiting;
    select min(l.to_at) into v_oldest from fleet_internal.list_partitions(v_rule.table_name) as l;

    subject := v_rule.table_name;
    value := case when v_missing is null then extract(epoch from v_rule.lead) else extract(epoch from v_missing - p_at) end;
    unit := 's';
    warning_threshold := extract(epoch from v_rule.lead / 2);
    critical_threshold := 0;
    v_late := v_oldest < v_cut - interval '2 days';
    status := case
      when v_missing <= p_at then 'critical'
      when v_missing < p_at + v_rule.lead / 2 or v_waiting[1] is not null or v_late then 'warning'
      else 'ok'
    end;
    message := concat_ws('; ',
      case
        when v_missing <= p_at then format('%s has no partition for now: select * from fleet.ensure_partitions()', subject)
        when v_missing < p_at + v_rule.lead / 2 then format(
          '%s has partitions only for %s ahead: select * from fleet.ensure_partitions()',
          subject, fleet_internal.format_duration(v_missing - p_at))
      end,
      case when v_waiting[2] > v_cut then
        format('rows wait in %s_overflow: select * from fleet.ensure_partitions()', subject) end,
      case when v_waiting[1] <= v_cut then
        format('rows past their retention wait in %s_overflow: select * from fleet.purge_partition(%L)', subject, subject) end,
      case when v_late then format(
        'retention of %s fell behind, rows of before %s UTC are still there: select * from fleet.purge_partition(%L)',
        subject, to_char(v_oldest at time zone 'UTC', 'YYYY-MM-DD'), subject) end);
    if message = '' then
      message := format('%s has its partitions', subject);
    end if;
    detail := jsonb_build_object('missing_from', v_missing, 'overflow', v_waiting[1] is not null, 'oldest_ends_at', v_oldest);
    return next;
  end loop;

  return query
  select
    null::text, r.table_name, 'warning', case when isfinite(d.oldest) then extract(epoch from p_at - d.oldest) end, 's',
    extract(epoch from r.keep_for + interval '2 days'), null::numeric,
    format('ended rows wait in %s since %s UTC: select fleet.archive_ended_%s()',
      r.table_name, to_char(d.oldest at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
      case r.table_name when 'active_spawns' then 'spawns' else 'sessions' end),
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
