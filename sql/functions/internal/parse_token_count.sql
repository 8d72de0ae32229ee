-- A count of tokens as people write it: 63,153 or 63.153 or 63 153 or 63.2k or 1M.
create or replace function fleet_internal.parse_token_count(
  p_digits  text,
  p_suffix  text
)
returns bigint
language sql
immutable
parallel safe
security invoker
begin atomic
  select case
    when length(regexp_replace(p_digits, '[^0-9]', '', 'g')) > 15 then null
    -- before k or M a dot or comma is a decimal sign; elsewhere it parts thousands
    when p_suffix <> '' then round(
      replace(regexp_replace(btrim(p_digits, ' ,._'''), '[_'' ]', '', 'g'), ',', '.')::numeric
      * case lower(p_suffix) when 'k' then 1000 else 1000000 end)::bigint
    else nullif(regexp_replace(p_digits, '[^0-9]', '', 'g'), '')::numeric::bigint
  end
  -- 1,000k may be a thousand or a million: not guessed at
  where p_suffix = '' or regexp_replace(btrim(p_digits, ' ,._'''), '[_'' ]', '', 'g') ~ '^[0-9]{1,9}(\.[0-9]{1,6}|,[0-9]{1,2})?$';
end;

revoke all on function fleet_internal.parse_token_count(text, text) from public;

comment on function fleet_internal.parse_token_count(text, text) is
  'A number of tokens from its digits (with separators) and its suffix (empty, k or M); null where it is none.';
