-- The sources' fence: whoever updates a row by hand and forgets updated_at. The functions of schema fleet set it
-- themselves, and then the WHEN clause keeps this trigger out of the way (it would cost 15-20 % of every update).
create or replace function fleet.update_updated_at_column()
returns trigger
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

revoke all on function fleet.update_updated_at_column() from public;

comment on function fleet.update_updated_at_column() is
  'Trigger function: set updated_at to the start of the transaction, for rows updated without it.';

create or replace trigger update_ps_sessions_updated_at
  before update on fleet.ps_sessions
  for each row
  when (new.updated_at is not distinct from old.updated_at)
  execute function fleet.update_updated_at_column();

comment on trigger update_ps_sessions_updated_at on fleet.ps_sessions is 'Sets updated_at where an update left it as it was.';

create or replace trigger update_active_spawns_updated_at
  before update on fleet.active_spawns
  for each row
  when (new.updated_at is not distinct from old.updated_at)
  execute function fleet.update_updated_at_column();

comment on trigger update_active_spawns_updated_at on fleet.active_spawns is 'Sets updated_at where an update left it as it was.';
