-- The conventions as queries over the catalog: each view of schema conventions is one rule, its comment is the rule in
-- words, its rows are the offenders. Loaded into test databases only, by tests/harness/pgtap.py.
-- all_rules_hold.sql expects no row in any of them; each_rule_catches.sql plants an offence for each and expects it caught.

create schema conventions_facts;
create schema conventions;

\ir rules/facts.sql
\ir rules/names.sql
\ir rules/comments.sql
\ir rules/privileges.sql
\ir rules/functions.sql
\ir rules/tables.sql
\ir rules/validity.sql
\ir rules/offenders.sql
