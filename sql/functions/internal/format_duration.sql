-- One way to say a span of time in a message: its two largest units, such as "2 h 5 min"; seconds beside minutes only
-- below ten of them. Null for null and infinity.
create or replace function fleet_internal.format_duration(
  p_duration  interval
)
returns text
language sql
immutable
parallel safe
security invoker
begin atomic
  select case
    when e.s is null then null
    when e.s < 1 then 'under 1 s'
    when e.s < 60 then format('%s s', e.s)
    when e.s < 3600 then format('%s min', e.s / 60) || case when e.s < 600 and e.s % 60 > 0 then format(' %s s', e.s % 60) else '' end
    when e.s < 86400 then format('%s h', e.s / 3600) || case when e.s % 3600 >= 60 then format(' %s min', e.s % 3600 / 60) else '' end
    else format('%s d', e.s / 86400) || case when e.s % 86400 >= 3600 then format(' %s h', e.s % 86400 / 3600) else '' end
  end
  from (select case when isfinite(p_duration) then floor(extract(epoch from p_duration))::bigint end) as e (s);
end;

revoke all on function fleet_internal.format_duration(interval) from public;
grant execute on function fleet_internal.format_duration(interval) to fleet_reader, fleet_writer;

comment on function fleet_internal.format_duration(interval) is
  'A span of time for people: its one or two largest units, rounded down; null for null and infinity.';
