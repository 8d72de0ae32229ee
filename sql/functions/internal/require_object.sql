-- The guard of jsonb that callers hand in: an object, small, and without secrets. A secret is any value but true, false
-- and null under a key that names one; under a key that ends in token(s) a number passes: it is a count.
create or replace function fleet_internal.require_object(
  p_argument   text,
  p_value      jsonb,
  p_max_bytes  integer default 65536
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
as $$
declare
  c_secret constant text :=
    '(password|passwd|passphrase|secret(?!ar)|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization$|cookies?$)';
  c_token constant text := 'tokens?([0-9]*|[_-]?(id|key|value|hash))$';
  v_key text;
begin
  -- many small numbers take more room stored than printed: the tables take 64 kB stored
  if p_value is null or jsonb_typeof(p_value) <> 'object'
    or octet_length(p_value::text) > p_max_bytes or pg_column_size(p_value) > 65536
  then
    raise exception '% is no JSON object of at most % bytes', p_argument, p_max_bytes
      using errcode = 'MF003',
        detail = format('It is %s.', coalesce(format('%s of %s bytes',
          jsonb_typeof(p_value), greatest(octet_length(p_value::text), pg_column_size(p_value))), 'null')),
        hint = 'Give an object such as {"reason": "..."}; keep long text in a file and name the file.';
  end if;

  -- most objects hold no such word at all: one regular expression settles them
  if p_value::text ~* '(passw|passphrase|secret|token|key|credential|authorization|cookie)' then
    select e.key into v_key
    from jsonb_path_query(p_value, 'strict $.** ? (@.type() == "object")') as o (node)
    cross join lateral jsonb_each(o.node) as e (key, value)
    where e.value not in ('""', '[]', '{}')
      and (
        (e.key ~* c_secret and jsonb_typeof(e.value) not in ('boolean', 'null'))
        or (e.key ~* c_token and jsonb_typeof(e.value) in ('string', 'array', 'object')))
    limit 1;
    if v_key is not null then
      raise exception '% holds a value under the key "%", which names a secret', p_argument, left(v_key, 60)
        using errcode = 'MF007',
          detail = 'Nothing was stored.',
          hint = 'Leave it out; secrets never enter this database.';
    end if;
  end if;
  return p_value;
end
$$;

revoke all on function fleet_internal.require_object(text, jsonb, integer) from public;

comment on function fleet_internal.require_object(text, jsonb, integer) is
  'Return the object unchanged; raise MF003 when it is none or too large, MF007 when it carries a secret.';
