-- An agent's answer in words becomes a reading. Known are `Context: 31.6% (63,153/200,000 tokens)`, the same without
-- percentage or without tokens, with blanks, dots or apostrophes between thousands, and k or M behind a number. Text
-- that cannot be read is an error: a guess would be worse than none.
create or replace function fleet.report_context_text(
  p_project  text,
  p_text     text,
  p_at       timestamptz default now()
)
returns numeric
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_reading  record;
begin
  perform fleet_internal.require_key('p_project', p_project);
  select r.context_percentage, r.tokens_used, r.tokens_total into v_reading from fleet_internal.parse_context_text(p_text) as r;
  if v_reading.context_percentage is null then
    raise exception 'no context reading can be found in this text'
      using errcode = 'MF003',
        detail = format('Text: %s', coalesce(quote_literal(left(p_text, 200)), 'null')),
        hint = 'Expected is, for example, Context: 31.6% (63,153/200,000 tokens)';
  end if;
  perform fleet.update_session_context(
    p_project, v_reading.context_percentage, v_reading.tokens_used, v_reading.tokens_total, p_at);
  return v_reading.context_percentage;
end
$$;

revoke all on function fleet.report_context_text(text, text, timestamptz) from public;
grant execute on function fleet.report_context_text(text, text, timestamptz) to fleet_writer;

comment on function fleet.report_context_text(text, text, timestamptz) is
  'Read a context figure out of an agent''s answer and record it.

p_project: the project. p_text: the answer, such as Context: 31.6% (63,153/200,000 tokens). p_at: when it was given.
Returns the percentage that was read, 0 to 100.
Errors: MF001 unknown project; MF003 no reading in the text, or one out of range; MF005 no live session.
Example: select fleet.report_context_text(''consilio'', ''Context: 31.6% (63,153/200,000 tokens)'');';
