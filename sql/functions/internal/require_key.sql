-- The guard of every routing key and name: given, short, printable, without blanks at its ends, and not the '*' that
-- stands for "any" in rules.
create or replace function fleet_internal.require_key(
  p_argument  text,
  p_value     text
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
    when p_value is null then 'is missing'
    when p_value = '' then 'is empty'
    when length(p_value) > 200 then 'is longer than 200 characters'
    when p_value <> btrim(p_value) then 'begins or ends with a blank'
    when p_value ~ '[[:cntrl:]]' then 'holds a control character'
    -- what no collation needs to know: other blanks at the ends, line ends, overrides of the direction of writing
    when getdatabaseencoding() = 'UTF8' and substr(p_value, 1, 1) || right(p_value, 1) ~ '[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]'
      then 'begins or ends with a blank'
    when getdatabaseencoding() = 'UTF8' and p_value ~ '[\u2028\u2029\u202a-\u202e\u2066-\u2069]'
      then 'holds a character that breaks lines or turns the direction of writing'
    when p_value = '*' then 'is ''*'', which stands for any'
  end;
  if v_fault is not null then
    raise exception '% %', p_argument, v_fault
      using errcode = 'MF003',
        detail = format('Value: %s', coalesce(quote_literal(left(p_value, 60)), 'null')),
        hint = 'Give 1 to 200 printable characters.';
  end if;
  return p_value;
end
$$;

revoke all on function fleet_internal.require_key(text, text) from public;

comment on function fleet_internal.require_key(text, text) is
  'Return the key unchanged, or raise MF003 when it is no usable name.';
