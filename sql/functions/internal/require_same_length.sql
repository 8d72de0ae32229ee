-- The guard of batches: arrays that belong together are equally long. Optional ones may be null.
create or replace function fleet_internal.require_same_length(
  variadic p_lengths  integer[]
)
returns void
language plpgsql
immutable
parallel safe
security invoker
as $$
begin
  if p_lengths[1] is null or p_lengths[2] is null or p_lengths[3] is null
    or exists (select from unnest(p_lengths) as l (n) where l.n <> p_lengths[1])
  then
    raise exception 'the arrays of a batch are missing or not equally long'
      using errcode = 'MF008',
        detail = format('Their lengths: %s.', array_to_string(p_lengths, ', ', 'null')),
        hint = 'Give one element a row in each array.';
  end if;
end
$$;

revoke all on function fleet_internal.require_same_length(integer[]) from public;

comment on function fleet_internal.require_same_length(integer[]) is
  'Raise MF008 unless all lengths are equal; the first three must be given.';
