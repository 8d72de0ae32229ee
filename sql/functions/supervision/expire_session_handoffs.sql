-- Handoffs whose document did not come by its deadline: timed out, and critical in the audit trail, each once. One that
-- somebody works on at this moment (its document is just coming) is left for the next call. Locks in the order of the keys.
create or replace function fleet.expire_session_handoffs(
  p_project  text         default null,
  p_at       timestamptz  default now()
)
returns table (
  id           bigint,
  project      text,
  session_id   text,
  asked_at     timestamptz,
  deadline_at  timestamptz
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_at       timestamptz := fleet_internal.believe_instant(coalesce(p_project, '*'), 'expire_session_handoffs', p_at);
  v_handoff  fleet.session_handoffs;
begin
  perform fleet_internal.require_known_project(p_project);
  for v_handoff in
    select h.*
    from fleet.session_handoffs as h
    where h.state = 'asked' and h.deadline_at < v_at and (p_project is null or h.project = p_project)
    order by h.project, h.ps_session_id
    for update skip locked
  loop
    update fleet.session_handoffs as h
    set state = 'timed_out', timed_out_at = v_at
    where h.project = v_handoff.project and h.asked_at = v_handoff.asked_at and h.id = v_handoff.id
    returning h.* into strict v_handoff;
    perform fleet_internal.insert_health_check(
      v_handoff.project, 'handoff', 'critical', fleet_internal.describe_handoff(v_handoff), null, v_at);
    return query select v_handoff.id, v_handoff.project, v_handoff.session_id, v_handoff.asked_at, v_handoff.deadline_at;
  end loop;
end
$$;

revoke all on function fleet.expire_session_handoffs(text, timestamptz) from public;
grant execute on function fleet.expire_session_handoffs(text, timestamptz) to fleet_writer;

comment on function fleet.expire_session_handoffs(text, timestamptz) is
  'Close the handoffs whose document did not come in time and record each as critical.

p_project: the project, null for all. p_at: as of when; a document is in time up to its deadline, that instant included.
Returns the handoffs newly timed out: id, project, session_id, asked_at, deadline_at.
Errors: MF001 unknown project; MF003 p_at is no usable instant.
Example: select * from fleet.expire_session_handoffs();';
