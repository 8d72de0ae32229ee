-- The catalog against every rule of rules.sql. A rule more or less changes the plan.
begin;
select plan(58);

select is_empty(format('select offender from conventions.%I', r.rule), r.sentence)
from conventions_facts.rules as r
order by r.rule;

select * from finish();
rollback;
