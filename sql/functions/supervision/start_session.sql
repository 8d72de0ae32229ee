-- A project has one live session: a new one ends the one before ('replaced') and moves it to session_history. The same
-- session told of again is a repeat and returns the same id: what it says of place and model holds if it is news, and
-- only fills in what was unknown if it is late. Safe to retry. Locks the project's session row.
create or replace function fleet.start_session(
  p_project                 text,
  p_session_type            text         default 'cli',
  p_session_id              text         default null,
  p_host                    text         default null,
  p_tmux_socket             text         default null,
  p_tmux_pane               text         default null,
  p_model                   text         default null,
  p_estimated_tokens_total  bigint       default null,
  p_at                      timestamptz  default now()
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
  v_current  fleet.ps_sessions;
  v_id       bigint;
begin
  perform fleet_internal.require_key('p_project', p_project);
  perform fleet_internal.require_text('p_session_id', p_session_id, 200);
  perform fleet_internal.require_text('p_host', p_host, 255);
  perform fleet_internal.require_text('p_tmux_socket', p_tmux_socket, 4096);
  perform fleet_internal.require_text('p_tmux_pane', p_tmux_pane, 200);
  perform fleet_internal.require_text('p_model', p_model, 200);
  if p_session_type is null or p_session_type not in ('cli', 'sdk') or p_estimated_tokens_total <= 0 then
    raise exception 'p_session_type is not cli or sdk, or p_estimated_tokens_total not positive'
      using errcode = 'MF003',
        detail = format('p_session_type %s, p_estimated_tokens_total %s.',
          coalesce(quote_literal(left(p_session_type, 60)), 'null'), coalesce(p_estimated_tokens_total::text, 'null')),
        hint = 'cli is an agent in a terminal, sdk one driven by a program.';
  end if;
  v_at := fleet_internal.believe_instant(p_project, 'start_session', p_at);

  loop
    select * into v_current from fleet.ps_sessions as s where s.project = p_project for update;

    if v_current.session_id is not distinct from p_session_id and (v_current.ended_at is null or v_at <= v_current.ended_at) then
      update fleet.ps_sessions as s
      set host = case when v_at > s.last_activity then coalesce(p_host, s.host) else coalesce(s.host, p_host) end,
        tmux_socket = case
          when v_at > s.last_activity then coalesce(p_tmux_socket, s.tmux_socket)
          else coalesce(s.tmux_socket, p_tmux_socket)
        end,
        tmux_pane = case when v_at > s.last_activity then coalesce(p_tmux_pane, s.tmux_pane) else coalesce(s.tmux_pane, p_tmux_pane) end,
        model = case when v_at > s.last_activity then coalesce(p_model, s.model) else coalesce(s.model, p_model) end,
        estimated_tokens_total = case
          when v_at > s.last_activity and p_estimated_tokens_total >= coalesce(s.estimated_tokens_used, 0) then p_estimated_tokens_total
          else s.estimated_tokens_total
        end,
        last_activity = case when s.ended_at is null then greatest(s.last_activity, v_at) else s.last_activity end,
        updated_at = now()
      where s.project = p_project
      returning s.id into v_id;
      if found then
        return v_id;
      end if;
    end if;

    -- told late of a session that has since been replaced
    select h.id into v_id
    from fleet_internal.list_sessions(p_project) as h
    where (h.session_id = p_session_id and v_at <= h.ended_at)
      or (h.session_id is null and p_session_id is null and h.started_at = v_at)
    order by h.ended_at
    limit 1;
    if found then
      return v_id;
    end if;

    if v_at < v_current.started_at then
      raise exception 'project % has a newer session', quote_literal(p_project)
        using errcode = 'MF006',
          detail = format('It started at %s, after %s.', v_current.started_at, v_at),
          hint = 'Sessions are started in the order of their times; end the newer one first if it is wrong.';
    end if;
    if v_current.project is not null then
      perform fleet_internal.archive_session(p_project, v_at, 'replaced');
    end if;

    insert into fleet.ps_sessions as s (
      project, session_type, session_id, started_at, last_activity, estimated_tokens_total, host, tmux_socket, tmux_pane,
      model, state_changed_at, state_reported_at)
    values (
      p_project, p_session_type, p_session_id, v_at, v_at, coalesce(p_estimated_tokens_total, 200000), p_host,
      p_tmux_socket, p_tmux_pane, p_model, v_at, v_at)
    on conflict (project) do nothing
    returning s.id into v_id;
    if found then
      return v_id;
    end if;
    -- another caller started one in between: look again
  end loop;
end
$$;

revoke all on function fleet.start_session(text, text, text, text, text, text, text, bigint, timestamptz) from public;
grant execute on function fleet.start_session(text, text, text, text, text, text, text, bigint, timestamptz) to fleet_writer;

comment on function fleet.start_session(text, text, text, text, text, text, text, bigint, timestamptz) is
  'Record that a project''s session started; one that still lives under another id ends as replaced.

p_project: the project. p_session_type: cli or sdk. p_session_id: the agent''s own id of the session; without one, a
live session without one is taken to be the same.
p_host, p_tmux_socket, p_tmux_pane: where it runs and where a prompt reaches it. p_model: the model.
p_estimated_tokens_total: size of its context window in tokens (200,000 where not given). p_at: when it started.
Returns the id of the session; the same one for a repeat.
Errors: MF003 a bad value; MF006 the project has a newer session.
Example: select fleet.start_session(''consilio'', ''cli'', ''3f2a...'', p_host => ''build-1'');';
