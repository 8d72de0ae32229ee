-- Prose (a description, an error message) is never a reason to lose an event: too long, it is cut, and says so.
create or replace function fleet_internal.bound_text(
  p_value       text,
  p_max_length  integer
)
returns text
language sql
immutable
parallel safe
security invoker
begin atomic
  select case
    when length(p_value) <= p_max_length then p_value
    else left(p_value, p_max_length - 40) || format(' ... [cut: %s characters]', length(p_value))
  end;
end;

revoke all on function fleet_internal.bound_text(text, integer) from public;

comment on function fleet_internal.bound_text(text, integer) is
  'Return the text, cut to the length (at least 40) with a note of what it was.';
