-- A session that should live does not: is the project mistyped, has it none, or has it ended?
create or replace function fleet_internal.raise_no_live_session(
  p_project  text
)
returns void
language plpgsql
stable
parallel safe
security invoker
as $$
declare
  v_ended_at  timestamptz;
begin
  perform fleet_internal.require_known_project(p_project);
  select s.ended_at into v_ended_at from fleet.ps_sessions as s where s.project = p_project;
  raise exception 'project % has no live session', quote_literal(p_project)
    using errcode = 'MF005',
      detail = case
        when v_ended_at is null then 'It is known by its spawns or its past sessions only.'
        else format('The last one ended at %s.', v_ended_at)
      end,
      hint = format('select fleet.start_session(%L)', p_project);
end
$$;

revoke all on function fleet_internal.raise_no_live_session(text) from public;

comment on function fleet_internal.raise_no_live_session(text) is
  'Raise MF001 for an unknown project, MF005 for one without a live session.';
