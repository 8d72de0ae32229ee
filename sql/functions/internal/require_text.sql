-- The guard of short optional text (hosts, paths, labels): null passes, everything else must fit and be printable.
create or replace function fleet_internal.require_text(
  p_argument    text,
  p_value       text,
  p_max_length  integer
)
returns text
language plpgsql
immutable
parallel safe
security invoker
as $$
declare
  v_fault text;
begin
  v_fault := case
    when p_value = '' then 'is empty'
    when length(p_value) > p_max_length then format('is longer than %s characters', p_max_length)
    when p_value ~ '[[:cntrl:]]' then 'holds a control character'
  end;
  if v_fault is not null then
    raise exception '% %', p_argument, v_fault
      using errcode = 'MF003',
        detail = format('Value: %s', quote_literal(left(p_value, 60))),
        hint = format('Give null, or 1 to %s printable characters.', p_max_length);
  end if;
  return p_value;
end
$$;

revoke all on function fleet_internal.require_text(text, text, integer) from public;

comment on function fleet_internal.require_text(text, text, integer) is
  'Return the text unchanged, or raise MF003 when it is empty, too long or not printable.';
