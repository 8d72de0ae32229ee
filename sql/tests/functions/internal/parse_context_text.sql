begin;

\ir ../../support/helpers.psql

select plan(75);

-- contract
select has_function(
  'fleet_internal', 'parse_context_text', array['text'],
  'parse_context_text takes its arguments in this order');
select function_returns('fleet_internal', 'parse_context_text', array['text'], 'setof record', 'it returns setof record');
select volatility_is(
  'fleet_internal', 'parse_context_text', array['text'], 'immutable',
  'it depends on its argument alone');
select isnt_definer('fleet_internal', 'parse_context_text', array['text'], 'it runs with its caller''s rights');
select is(
  pg_temp.callers('fleet_internal.parse_context_text(text)'), '{}'::text[],
  'nobody but its owner may call it');

create function pg_temp.reading(p_text text) returns text language sql as $$
  select concat_ws(' ', coalesce(r.context_percentage::text, '-'), r.tokens_used, r.tokens_total) from fleet_internal.parse_context_text(p_text) as r
$$;

-- behaviour
select is(pg_temp.reading(t), expected, label)
from (values
  ('Context: 31.6% (63,153/200,000 tokens)', '31.6 63153 200000', 'the published form is read'),
  ('Context: 31.6%', '31.6', 'the same without tokens'),
  ('Context: 63,153/200,000 tokens', '31.5765 63153 200000', 'the same without a percentage'),
  ('Context: 63153/200000', '31.5765 63153 200000', 'without commas'),
  ('Context: 31,6 % (63.153/200.000 tokens)', '31.6 63153 200000', 'with a decimal comma and dots between thousands'),
  ('Context: 31.6% (63 153 / 200 000 tokens)', '31.6 63153 200000', 'with blanks between thousands'),
  (E'Context: 31.6% (63\u00a0153/200\u00a0000 tokens)', '31.6 63153 200000', 'with no-break spaces'),
  (E'Context: 31.6% (63\u202f153/200\u202f000 tokens)', '31.6 63153 200000', 'with narrow ones'),
  ('Context: 31.6% (63''153/200''000 tokens)', '31.6 63153 200000', 'with apostrophes'),
  ('Context: 31.6% (63_153/200_000 tokens)', '31.6 63153 200000', 'with underscores'),
  ('Context: 63.2k/200k tokens (32%)', '32 63200 200000', 'with k'),
  ('context: 0.1M of 1M', '10 100000 1000000', 'with M, and of'),
  ('Context: 63,153 of 200,000 tokens', '31.5765 63153 200000', 'of tokens'),
  ('Context: 63,153 tokens of 200,000', '31.5765 63153 200000', 'tokens of'),
  ('CONTEXT WINDOW 31.6%', '31.6', 'in capitals'),
  ('Context usage is at 31.6 per cent, or 31.6%.', '31.6', 'in a sentence'),
  ('Context: 0%', '0', 'nothing is a reading'),
  ('Context: 100%', '100', 'so is all'),
  ('Context: 0.7%', '0.7', 'trap 5: 0.7 is 0.7'),
  ('Context: 101%', '101', 'a percentage out of range is handed on, to be refused by name'),
  ('Context: 250,000/200,000 tokens', '- 250000 200000', 'more used than there are is no percentage'),
  ('Context: 70% (63,153/200,000 tokens)', '70 63153 200000', 'a contradiction is handed on, to be refused by name'),
  (E'Context:\n\n  31.6%\n', '31.6', 'across lines'),
  (E'Context: 31.6%\r\nTests: 80%\r\n', '31.6', 'a percentage on another line is not of it'),
  ('Context: tests 80%, 31.6% (63,153/200,000 tokens)', '31.6 63153 200000', 'of several percentages the one that the tokens bear out'),
  ('Context: 31.6% (was 31.6%)', '31.6', 'one percentage told twice is one'),
  ('Context: step 3/4 done, 31.6%', '31.6', '3/4 is no window'),
  ('Context: step 3/4 done, 63,153/200,000 tokens', '31.5765 63153 200000', 'and hides none'),
  ('Context on 11/21/2026: 31.6%', '31.6', 'a date is no window'),
  ('What is your context? Context: 31.6% (63,153/200,000 tokens)', '31.6 63153 200000', 'the question before it does no harm'),
  ('Context: 31.6%. I will keep an eye on my context.', '31.6', 'nor does a mention behind it'),
  ('Context: 10% at first. Context: 31.6% now.', '31.6', 'the last reading counts'),
  ('Context: 31.6% (63,153/200,000 tokens). Nothing left to do.', '31.6 63153 200000', 'words of another sentence are not of it'),
  (U&'\0633\064A\0627\0642 Context: \200F31.6%\200F (63,153/200,000 \202Btokens\202C)', '31.6 63153 200000', 'marks of right-to-left writing do no harm'),
  ('📊 Context: **31.6%** (`63,153/200,000` tokens)', '31.6 63153 200000', 'nor does markdown')
) as t (t, expected, label);
select is(pg_temp.reading(t), null, label)
from (values
  (null, 'null is no reading'),
  ('', 'nor is nothing'),
  ('31.6% (63,153/200,000 tokens)', 'nor figures without the word'),
  ('Contextual: 31.6%', 'nor another word that begins so'),
  ('Context:', 'nor the word alone'),
  ('Context: a third', 'nor words'),
  ('Context: NaN%', 'nor NaN'),
  ('Context: 3/4 done', 'nor a share of steps'),
  ('Context: 5 of 2000 files', 'nor of files'),
  ('Context: 11/21/2026', 'nor a date'),
  ('Context: -5%', 'nor a negative percentage, which is never read as 5'),
  (U&'Context: \22125%', 'with a true minus neither'),
  ('Context: 30-35%', 'nor a range'),
  ('Context: .5%', 'nor a part of a number'),
  ('Context: 1234%', 'nor the end of one'),
  ('Context: 1.234,5%', 'nor one with too many signs'),
  ('Context: 31.6%, tests 80%', 'two percentages on one line are no reading: which one?'),
  ('Context left until auto-compact: 8%', 'what is left is not what is used'),
  ('Context remaining: 136,847/200,000 tokens', 'nor is what remains'),
  ('Context: 68.4% free', 'nor what is free'),
  ('Context: 68.4% of it still left (63,153/200,000 tokens)', 'whatever the tokens say'),
  ('Context: 1,000k/2,000k', 'a thousand or a million is not guessed at'),
  ('Context: 1e5/200000', 'nor is an exponent'),
  ('Context: 99999999999999999999/200000', 'a count beyond all counts is none'),
  (E'Context: x\u0663\u0661\u066a', 'other digits are not known')
) as t (t, label);

-- edges
select is(pg_temp.reading(repeat('lorem ipsum ', 90000) || 'Context: 31.6%'), '31.6', 'a reading at the end of a megabyte is found');
select is(pg_temp.reading('Context: 31.6%' || repeat(' lorem ipsum', 90000)), null, 'one that is a megabyte back is old');
select is(pg_temp.reading(repeat('context ', 130000) || '31.6%'), '31.6', 'a megabyte of the word does no harm');
select is(pg_temp.reading('context ' || repeat('1', 1000000)), null, 'nor one of digits');
select is(pg_temp.reading('context: ' || repeat('1,', 500000) || '%'), null, 'nor one of commas');
select is(pg_temp.reading('context: ' || repeat(' ', 299) || '31.6%'), null, 'a figure is looked for near the word');
set local timezone = 'Asia/Kathmandu';
set local lc_numeric = 'C';
set local standard_conforming_strings = off;
select is(pg_temp.reading('Context: 31.6% (63,153/200,000 tokens)'), '31.6 63153 200000', 'no setting of the session changes what is read');
reset standard_conforming_strings;
select is(pg_temp.reading('Context: 31.' || repeat('0', 20) || '%'), '31.' || repeat('0', 20), 'twenty decimals are read');
select is(pg_temp.reading('Context: 31.' || repeat('0', 21) || '%'), null, 'more are none');
select is(pg_temp.reading('Context: %s %I 31.6%'), '31.6', 'a percent sign without a number does no harm');

select * from finish();

rollback;
