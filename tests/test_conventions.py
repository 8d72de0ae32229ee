"""The rules that only files show, each with a planted offence; and files against the catalog."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect, Database, TestServer
from database import client_environment, psql
from fetch import ROOT
from sqlstyle import RULES, SQL, SqlFile, sql_files

GOOD_FUNCTION = """\
-- Promises nothing.
create or replace function fleet.get_thing(
  p_project  text,
  p_at       timestamptz  default now()
)
returns text
language sql
stable
parallel safe
security invoker
begin atomic
  select 'Said in Capitals, as "Literals" may' || E'it\\'s';  -- As COMMENTS may
end;

revoke all on function fleet.get_thing(text, timestamptz) from public;
grant execute on function fleet.get_thing(text, timestamptz) to fleet_reader;

comment on function fleet.get_thing(text, timestamptz) is
  'Get it.';
"""
GOOD_MIGRATION = """\
-- migrate:up
set local statement_timeout = 0;
create table fleet.things (id bigint);
do $$ begin null; end $$;
-- migrate:down
drop table fleet.things;
"""
GOOD_TEST = "begin;\nselect plan(1);\nselect pass('x');\nselect * from finish();\nrollback;\n"
FUNCTION = "functions/supervision/get_thing.sql"
MIGRATION = "migrations/20260101000000_make_things.sql"
TEST = "tests/functions/supervision/start_session.sql"
SOUND = {FUNCTION: GOOD_FUNCTION, MIGRATION: GOOD_MIGRATION, TEST: GOOD_TEST}

# rule -> (file, what is replaced, by what); replacing the path itself moves the file
PLANTED: list[tuple[str, str, str, str]] = [
    ("lowercase", FUNCTION, "returns text", "RETURNS text"),
    ("lowercase", FUNCTION, "  select 'Said", "  SELECT 'Said"),
    ("tidy", FUNCTION, "stable\n", "stable \n"),
    ("tidy", FUNCTION, "stable\n", "stable\t\n"),
    ("tidy", FUNCTION, "p_project  text,", f"p_{'x' * 140} text,"),
    ("tidy", FUNCTION, "'Get it.';\n", "'Get it.';"),
    ("one_object", FUNCTION, "get_thing.sql", "get_things.sql"),
    ("one_object", FUNCTION, "supervision", "internal"),
    ("one_object", FUNCTION, "\nrevoke", "\ncreate function fleet.get_more() returns text;\nrevoke"),
    ("header", FUNCTION, "-- Promises nothing.\n", ""),
    ("header", FUNCTION, "nothing.\n", "nothing.\n" + "-- And on.\n" * 8),
    ("header", FUNCTION, "create or replace", "create"),
    ("stated", FUNCTION, "language sql\n", ""),
    ("stated", FUNCTION, "stable\n", ""),
    ("stated", FUNCTION, "parallel safe\n", ""),
    ("stated", FUNCTION, "security invoker\n", ""),
    ("short_body", FUNCTION, "begin atomic\n", "begin atomic\n" + "  select 1;\n" * 80),
    ("last_words", FUNCTION, "revoke all on", "alter"),
    ("last_words", FUNCTION, "comment on function", "alter function"),
    ("last_words", FUNCTION, "grant", "revoke all on x from y;\ngrant x to y;\nrevoke"),
    ("migration", MIGRATION, "20260101000000", "20260101"),
    ("migration", MIGRATION, "-- migrate:down\n", ""),
    ("migration", MIGRATION, "create table", "begin;\ncreate table"),
    ("migration", MIGRATION, "set local", "set"),
    ("migration", MIGRATION, "drop table fleet.things;", "\\echo"),
    ("migration", MIGRATION, "drop table", "grant select on fleet.things to fleet_reader;\ndrop table"),
    ("migration", MIGRATION, "drop table", "alter table fleet.things owner to fleet_owner;\ndrop table"),
    ("migration", MIGRATION, "create table", "create view fleet.x as select 1;\ncreate table"),
    ("test_form", TEST, "begin;\n", ""),
    ("test_form", TEST, "rollback", "commit"),
    ("test_form", TEST, "pass('x')", "pg_sleep(1)"),
    ("mirrored", TEST, "start_session", "start_something"),
]


def applies(rule: str, file: SqlFile) -> bool:
    """Whether a rule is for a file; the conventions have a form of their own, and what is about all mirrors nothing."""
    kinds = RULES[rule][1]
    own = rule in ("test_form", "mirrored") and file.path.parts[:2] == ("tests", "conventions")
    about_all = rule == "mirrored" and len(file.path.parts) == 2
    return (not kinds or file.kind in kinds) and not own and not about_all


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule: str) -> None:
    check = RULES[rule][0]
    files = [file for file in sql_files() if applies(rule, file)]
    faults = {str(file.path): check(file) for file in files}
    assert files
    assert {path: found for path, found in faults.items() if found} == {}


def test_sound_files_offend_no_rule() -> None:
    for path, text in SOUND.items():
        file = SqlFile(Path(path), text)
        assert {rule: RULES[rule][0](file) for rule in RULES if applies(rule, file)} == {
            rule: [] for rule in RULES if applies(rule, file)
        }


@pytest.mark.parametrize(("rule", "path", "old", "new"), PLANTED)
def test_rule_catches_planted_offence(rule: str, path: str, old: str, new: str) -> None:
    sound = SqlFile(Path(path), SOUND[path])
    planted = SqlFile(
        Path(path.replace(old, new)), sound.text if old in path else sound.text.replace(old, new, 1)
    )
    assert planted != sound
    assert RULES[rule][0](sound) == []
    assert RULES[rule][0](planted) != []


def test_each_rule_has_a_planted_offence() -> None:
    assert {rule for rule, *_ in PLANTED} == set(RULES)


@pytest.mark.parametrize(
    ("contents", "folders"),
    [("schema.sql", ["schema"]), ("repeatable.sql", ["functions", "views"])],
)
def test_table_of_contents_lists_each_file_once(contents: str, folders: list[str]) -> None:
    listed = re.findall(r"^\\ir (\S+)$", (SQL / contents).read_text(), re.MULTILINE)
    files = [str(path.relative_to(SQL)) for folder in folders for path in (SQL / folder).rglob("*.sql")]
    if contents == "repeatable.sql":
        assert listed[-1] == "privileges.sql"
        listed = listed[:-1]
    assert sorted(listed) == sorted(files)


def test_each_object_has_a_file_and_each_file_an_object(connect: Connect) -> None:
    domains = {"functions", "views", "schema"}
    files = {
        (file.kind, "fleet_internal" if file.path.parts[1] == "internal" else "fleet", file.path.stem)
        for file in sql_files(*domains)
        if len(file.path.parts) > 2
    }
    # a trigger function in schema fleet_internal may have its file in the domain of its table
    found = connect().execute(
        """
        select 'functions', case when p.prorettype = 'trigger'::regtype then 'fleet' else n.nspname end, p.proname
        from pg_proc as p
        join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('fleet', 'fleet_internal')
        union
        select case when c.relkind = 'v' then 'views' else 'schema' end, n.nspname, c.relname
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('fleet', 'fleet_internal')
          and c.relkind in ('r', 'p', 'v', 'm', 'f')
          and not c.relispartition
          and c.relname not like '%\\_overflow'
        """
    )
    assert set(found.fetchall()) == files


def test_each_function_and_view_has_a_pgtap_file() -> None:
    files = {file.path for file in sql_files("functions", "views")}
    tests = {Path(*file.path.parts[1:]) for file in sql_files("tests")}
    assert sorted(str(path) for path in files - tests) == []


def test_verbs_are_those_of_contributing(connect: Connect, db: Database, server: TestServer) -> None:
    psql(client_environment(server.variables, db.name), "-f", str(SQL / "tests/conventions/rules.sql"))
    verbs = {row[0] for row in connect(db).execute("select verb from conventions_facts.verbs")}
    text = (ROOT / "CONTRIBUTING.md").read_text()
    block = re.search(r"^    readers .*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    words: list[Any] = block[0].split()
    assert set(words) - {"readers", "writers", "upkeep"} == verbs
