begin;

\ir ../../support/helpers.psql

select plan(51);

-- contract
select has_function(
  'fleet_internal', 'require_object', array['text', 'jsonb', 'integer'],
  'require_object takes its arguments in this order');
select function_returns('fleet_internal', 'require_object', array['text', 'jsonb', 'integer'], 'jsonb', 'it returns jsonb');
select volatility_is(
  'fleet_internal', 'require_object', array['text', 'jsonb', 'integer'], 'immutable',
  'it depends on its arguments alone');
select isnt_definer('fleet_internal', 'require_object', array['text', 'jsonb', 'integer'], 'it runs with its caller''s rights');
select is(pg_temp.callers('fleet_internal.require_object(text,jsonb,integer)'), '{}'::text[], 'nobody but its owner may call it');

-- behaviour
select is(fleet_internal.require_object('p_details', v::jsonb), v::jsonb, label)
from (values
  ('{}', 'an empty object passes'),
  ('{"a": 1, "b": [1, {"c": null}], "d": "text"}', 'an object comes back unchanged'),
  ('{"tokens_used": 63153, "tokens": 5, "token": 7}', 'numbers pass: token counts are no secrets'),
  ('{"max_tokens": 200000, "total_tokens": 1.5, "has_password": false}', 'counts and flags pass'),
  ('{"token": "", "tokens": [], "secret": {}, "password": null}', 'a secret left empty is none'),
  ('{"tokenizer": "bpe", "secretary": "Ann", "keyboard": "us", "monkey": "x", "key": "x", "token_kind": "bpe"}',
    'only a key that ends in a secret''s name is one'),
  ('{"note": "the password: hunter2", "text": "\"token\": 1"}', 'words in a value are no key'),
  ('{"public": "key", "label": "token"}', 'a value that reads like a secret''s name is none')
) as t (v, label);

-- errors: secrets
select throws_ok(format('select fleet_internal.require_object(%L, %L::jsonb)', 'p_details', v), 'MF007', null, label)
from (values
  ('{"password": "hunter2"}', 'a password is refused'),
  ('{"passwd": "hunter2"}', 'a passwd is refused'),
  ('{"db_password": "hunter2"}', 'a password with a prefix is refused'),
  ('{"passphrase": "open sesame"}', 'a passphrase is refused'),
  ('{"secret": "s"}', 'a secret is refused'),
  ('{"client-secret": "s"}', 'a client-secret is refused'),
  ('{"token": "t"}', 'a token is refused'),
  ('{"accessTokens": ["t"]}', 'a list of tokens is refused'),
  ('{"tokens": {"github": "t"}}', 'an object of tokens is refused'),
  ('{"api_key": "k"}', 'an api_key is refused'),
  ('{"apiKey": "k"}', 'an apiKey is refused'),
  ('{"API-KEY": "k"}', 'an API-KEY is refused'),
  ('{"access_key": "k"}', 'an access_key is refused'),
  ('{"private_key": "k"}', 'a private_key is refused'),
  ('{"credentials": "c"}', 'credentials are refused'),
  ('{"Authorization": "Bearer x"}', 'an authorization header is refused'),
  ('{"cookie": "c"}', 'a cookie is refused'),
  ('{"a": {"b": {"token": "t"}}}', 'a nested secret is refused'),
  ('{"a": [1, {"b": [{"password": "p"}]}]}', 'a secret inside lists is refused'),
  ('{"a": [[[{"secret": "s"}]]]}', 'a secret inside lists of lists is refused'),
  ('{"ok": "fine", "tokens_used": 5, "token": "t"}', 'a secret beside a count is refused'),
  ('{"my\"token": "t"}', 'a key with a quote in it hides nothing'),
  ('{"pass\u0077ord": "p"}', 'a key written with escapes hides nothing')
) as t (v, label);
select unalike(
  (select pg_temp.complaint($$select fleet_internal.require_object('p_details', '{"password": "hunter2"}')$$)), '%hunter2%',
  'the complaint does not repeat the secret');
select alike(
  (select pg_temp.complaint($$select fleet_internal.require_object('p_details', '{"api_key": "k"}')$$)), '%api_key%',
  'the complaint names the key');

-- errors: shape and size
select throws_ok(format('select fleet_internal.require_object(%L, %L::jsonb)', 'p_details', v), 'MF003', null, label)
from (values
  (null, 'null is refused'),
  ('null', 'a JSON null is refused'),
  ('[]', 'a list is refused'),
  ('"{}"', 'a string is refused'),
  ('5', 'a number is refused'),
  ('true', 'a flag is refused')
) as t (v, label);

-- edges
select lives_ok(
  $$select fleet_internal.require_object('p', jsonb_build_object('a', repeat('x', 91)), 100)$$,
  'exactly as many bytes as allowed pass: {"a": ""} and 91 more make 100');
select throws_ok(
  $$select fleet_internal.require_object('p', jsonb_build_object('a', repeat('x', 92)), 100)$$, 'MF003', null,
  'one byte more is refused');
select throws_ok(
  $$select fleet_internal.require_object('p', jsonb_build_object('a', repeat('错', 31)), 100)$$, 'MF003', null,
  'bytes are counted, not characters');
select throws_ok(
  $$select fleet_internal.require_object('p', jsonb_build_object('a', repeat('x', 70000)))$$, 'MF003', null,
  '64 kB is the size allowed where none is said');
select throws_ok(
  $$select fleet_internal.require_object('p', (repeat('{"a":', 2000) || '{"token": "t"}' || repeat('}', 2000))::jsonb)$$, 'MF007', null,
  'a secret 2000 levels deep is found');
select lives_ok(
  $$select fleet_internal.require_object('p', (repeat('{"a":', 2000) || '{"token": 5}' || repeat('}', 2000))::jsonb)$$,
  'a count 2000 levels deep passes');
select throws_ok(
  $$select fleet_internal.require_object('p', jsonb_build_object('a', (select jsonb_agg(1) from generate_series(1, 20000))))$$,
  'MF003', null, 'what passes fits the tables: 20,000 small numbers take 60 kB as text and more than 64 kB stored');

select * from finish();

rollback;
