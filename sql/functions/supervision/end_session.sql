-- The session of a project ended. Its row stays until retention_rules moves it; spawns of it that still run are
-- orphaned work from now on. Ending it again, or one that was replaced, changes nothing. Locks the session row.
create or replace function fleet.end_session(
  p_project     text,
  p_reason      text         default 'completed',
  p_session_id  text         default null,
  p_at          timestamptz  default now()
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_at       timestamptz;
  v_session  record;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_text('p_session_id', p_session_id, 200);
  perform fleet_internal.require_text('p_reason', p_reason, 1000);
  v_at := fleet_internal.believe_instant(p_project, 'end_session', p_at);

  -- As a rule the live session is meant; only what is told late, or again, asks for the past.
  perform from fleet.ps_sessions as s where s.project = p_project for update;
  select s.id, s.started_at, s.ended_at into v_session
  from fleet.ps_sessions as s
  where s.project = p_project
    and s.ended_at is null
    and s.started_at <= v_at
    and (p_session_id is null or s.session_id = p_session_id)
    and not exists (
      select from fleet.session_history as h where h.project = p_project and h.ended_at = v_at and h.end_reason <> 'replaced');
  if not found then
    -- Which session is meant: one that was ended in this very instant (a repeat), else the latest that had started by then.
    select c.id, c.started_at, c.ended_at into v_session
    from fleet_internal.list_sessions(p_project) as c
    where p_session_id is null or c.session_id = p_session_id
    order by c.ended_at is not distinct from v_at and c.end_reason <> 'replaced' desc, c.started_at <= v_at desc, c.started_at desc
    limit 1;
  end if;
  if v_session.id is not null and v_at < v_session.started_at and (v_session.ended_at is null or p_session_id is null) then
    raise exception 'a session cannot end before it started'
      using errcode = 'MF003',
        detail = format('It started at %s; p_at is %s.', v_session.started_at, v_at),
        hint = 'Leave p_at out to mean now.';
  end if;
  if v_session.ended_at is not null then
    return v_session.id;
  end if;
  if v_session.id is not null then
    update fleet.ps_sessions as s
    set ended_at = v_at,
      end_reason = coalesce(p_reason, 'completed'),
      last_activity = least(greatest(s.last_activity, s.started_at), v_at),
      updated_at = now()
    where s.project = p_project;
    return v_session.id;
  end if;

  perform fleet_internal.require_known_project(p_project);
  raise exception 'project % has no such session', quote_literal(p_project)
    using errcode = 'MF005',
      detail = format('p_session_id is %s.', coalesce(quote_literal(p_session_id), 'null')),
      hint = 'select session_id from fleet.ps_sessions';
end
$$;

revoke all on function fleet.end_session(text, text, text, timestamptz) from public;
grant execute on function fleet.end_session(text, text, text, timestamptz) to fleet_writer;

comment on function fleet.end_session(text, text, text, timestamptz) is
  'Record that a project''s session ended.

p_project: the project. p_reason: why, up to 1000 characters. p_session_id: which session, null for the current one;
one that was replaced long ago is left as it is. p_at: when.
Returns the id of the session.
Errors: MF001 unknown project; MF003 a bad value, or before its start; MF005 the project has no such session.
Example: select fleet.end_session(''consilio'', ''handoff'');';
