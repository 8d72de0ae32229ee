-- Has this very registration been recorded before? By its event id; without one on either side, by its time.
create or replace function fleet_internal.find_registration(
  p_project   text,
  p_task_id   text,
  p_event_id  uuid,
  p_at        timestamptz
)
returns bigint
language sql
stable
parallel safe
security invoker
begin atomic
  select s.id
  from fleet.spawns as s
  where s.project = p_project
    and s.task_id = p_task_id
    and (s.event_id = p_event_id or (s.event_id is null and p_event_id is null and s.spawn_time = p_at))
  order by s.attempt desc
  limit 1;
end;

revoke all on function fleet_internal.find_registration(text, text, uuid, timestamptz) from public;

comment on function fleet_internal.find_registration(text, text, uuid, timestamptz) is
  'Id of the spawn that this registration made when it was first told; null when it is new.';
