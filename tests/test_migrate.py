"""sqlctl migrate: what it applies, what it refuses, and that a refusal changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect, Database, RunSqlctl
from sqltree import REAL, VERSIONS, SqlTree


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


@pytest.fixture
def migrate(run_sqlctl: RunSqlctl, empty_db: Database, tree: SqlTree) -> Callable[..., Any]:
    """migrate(*args): the JSON of `sqlctl migrate`; with code=N the stderr of a run that exits so."""

    def run(*args: str, code: int = 0, **env: str) -> Any:
        environment = {**empty_db.environment, **tree.environment, **env}
        done = run_sqlctl("migrate", "--json", *args, env=environment)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout) if code == 0 else done.stderr

    return run


def applied(connection: Any) -> list[str]:
    return [row[0] for row in connection.execute("select version from sqlctl.migrations order by ordinal")]


def fleet_exists(connection: Any) -> bool:
    return bool(connection.execute("select to_regnamespace('fleet') is not null").fetchone()[0])


# ---- what it does ----


def test_migrate_applies_stone_sand_and_privileges(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    done = migrate()
    assert done["changed"] is True
    assert [item["migration"] for item in done["migrations"]] == [
        "20260101000000_first",
        "20260102000000_colour",
    ]
    assert [item["path"] for item in done["objects"]][-1] == "privileges.sql"
    connection = connect(empty_db)
    assert connection.execute("select fleet.count_things()").fetchone() == (2,)
    owner = connection.execute("select tableowner from pg_tables where tablename = 'things'").fetchone()
    assert owner == ("fleet_owner",)
    dbmate = connection.execute("select version from public.schema_migrations order by 1").fetchall()
    assert [row[0] for row in dbmate] == list(VERSIONS) == applied(connection)


def test_nothing_to_do_takes_no_lock_and_writes_nothing(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    migrate()
    holder = connect(empty_db, autocommit=False)
    holder.execute("lock table sqlctl.runner_lock, sqlctl.migrations, fleet.things in exclusive mode")
    # any write would fail, any lock would not be had
    read_only = {"PGOPTIONS": "-c default_transaction_read_only=on"}
    assert migrate("--lock-wait", "0s", **read_only)["changed"] is False
    holder.rollback()
    connect(empty_db).execute("drop view fleet.coloured_things cascade")
    assert "25006" in migrate("--lock-wait", "0s", code=5, **read_only)


def test_nothing_to_do_says_so(db: Database, run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl("migrate", env=db.environment)
    assert (done.returncode, done.stdout) == (0, "nothing to do\n")


def test_dry_run_shows_and_changes_nothing_at_all(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    plan = migrate("--dry-run")
    assert len(plan["migrations"]) == 2 and len(plan["objects"]) == 4
    namespaces = connect(empty_db).execute("select nspname from pg_namespace where nspname ~ 'fleet|sqlctl'")
    assert namespaces.fetchall() == []


def test_only_changed_sand_is_laid_again_and_privileges_after_it(
    migrate: Callable[..., Any], tree: SqlTree
) -> None:
    migrate()
    tree.replace("functions/internal/tg_things__trim.sql", "btrim", "ltrim")
    assert [item["path"] for item in migrate()["objects"]] == [
        "functions/internal/tg_things__trim.sql",
        "privileges.sql",
    ]
    assert migrate()["changed"] is False


def test_a_missing_object_is_laid_again(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    migrate()
    connect(empty_db).execute("drop function fleet.count_things; drop view fleet.coloured_things")
    assert [item["path"] for item in migrate()["objects"]][:2] == [
        "views/things/coloured_things.sql",
        "functions/things/count_things.sql",
    ]


def test_stone_that_drops_a_view_gets_it_back_in_the_same_run(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    migrate()
    tree.migration("20260103000000", "retype", "drop view fleet.coloured_things cascade;")
    done = migrate()
    assert len(done["migrations"]) == 1 and len(done["objects"]) == 3
    assert connect(empty_db).execute("select count(*) from fleet.coloured_things").fetchone() == (0,)


def test_stone_that_makes_a_table_anew_gets_its_trigger_back(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    migrate()
    tree.migration(
        "20260103000000",
        "anew",
        "create table fleet.new_things (like fleet.things including all);\n"
        "drop table fleet.things cascade;\nalter table fleet.new_things rename to things;",
    )
    paths = [item["path"] for item in migrate()["objects"]]
    assert paths[0] == "functions/internal/tg_things__trim.sql"
    connection = connect(empty_db)
    connection.execute("insert into fleet.things (id, name) values (7, ' seven ')")
    assert connection.execute("select name from fleet.things").fetchone() == ("seven",)


def test_to_stops_before_the_rest_and_sand_waits(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    done = migrate("--to", VERSIONS[0])
    assert [len(done["migrations"]), len(done["objects"])] == [1, 0]
    assert applied(connect(empty_db)) == [VERSIONS[0]]
    assert len(migrate("--to", VERSIONS[1])["objects"]) == 4
    assert "sqlctl down --to" in migrate("--to", VERSIONS[0], code=5)
    assert "no such migration" in migrate("--to", "20250101000000", code=5)


def test_a_failing_migration_leaves_nothing_and_names_its_line(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    tree.migration(
        "20260103000000", "bad", "create table fleet.more (a int);\nselect 1 / 0;\nselect nonsense;"
    )
    said = migrate(code=1)
    assert "division by zero" in said and "20260103000000_bad.sql:" in said
    connection = connect(empty_db)
    assert not fleet_exists(connection) and applied(connection) == []


def test_a_syntax_error_in_sand_is_named_with_file_and_line(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    tree.replace("views/things/coloured_things.sql", "where t.colour", "where t.color")
    said = migrate(code=1)
    assert "coloured_things.sql:2" in said and "42703" in said
    assert not fleet_exists(connect(empty_db))


# ---- what it refuses ----


def test_changed_code_is_refused_and_a_cosmetic_edit_is_a_note(
    migrate: Callable[..., Any], tree: SqlTree
) -> None:
    migrate()
    tree.replace("migrations/20260101000000_first.sql", "-- a thing", "--   the thing itself")
    assert "comments or white space changed" in migrate()["notes"][0]
    tree.replace("migrations/20260101000000_first.sql", "'one; two'", "'one;  two'")
    assert "its code changed since it was applied" in migrate(code=5)


def test_a_changed_option_of_an_applied_file_is_a_change_of_code(
    migrate: Callable[..., Any], tree: SqlTree
) -> None:
    migrate()
    tree.replace("migrations/20260102000000_colour.sql", "migrate:up", "migrate:up transaction:false")
    assert "its code changed" in migrate(code=5)


def test_a_late_file_is_refused_unless_allowed(migrate: Callable[..., Any], tree: SqlTree) -> None:
    migrate()
    tree.migration("20260101120000", "late", "alter table fleet.things add column late int;")
    assert "20260101120000_late.sql: late" in migrate(code=5)
    assert migrate("--allow-late")["migrations"][0]["migration"] == "20260101120000_late"


def test_an_older_sqlctl_against_a_newer_schema_is_refused(
    migrate: Callable[..., Any], tree: SqlTree
) -> None:
    migrate()
    (tree.root / "migrations/20260102000000_colour.sql").unlink()
    said = migrate(code=5)
    assert "20260102000000" in said and "newer sqlctl" in said


def test_all_bad_files_are_listed_at_once(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    tree.migration("20260101000000", "twice", "select 1;")
    tree.write("migrations/notes.txt", "hello")
    tree.write("migrations/2026_short.sql", "-- migrate:up\n-- migrate:down\n")
    tree.write("migrations/20260103000000_no_down.sql", "-- migrate:up\nselect 1;\n")
    tree.write("migrations/20260104000000_order.sql", "\n-- migrate:down\n-- migrate:up\n")
    tree.write("migrations/20260105000000_early.sql", "select 1;\n-- migrate:up\n-- migrate:down\n")
    tree.migration("20260106000000", "option", "select 1;", options="transaction:maybe")
    tree.migration("20260107000000", "begin", "select 1;\nbegin;\nselect 2;\ncommit;")
    tree.migration("20260108000000", "set", "set search_path = x;\nset local lock_timeout = '1s';")
    tree.migration("20260109000000", "two", "select 1;\nselect 2;", options="transaction:false")
    tree.migration("20260110000000", "open", "select 'open;")
    tree.migration("20260111000000", "meta", "\\d things")
    (tree.root / "migrations/20260112000000_latin.sql").write_bytes(
        b"-- migrate:up\n-- \xe9\n-- migrate:down\n"
    )
    tree.write("functions/things/forgotten.sql", "select 1;")
    tree.write("migrations/.20260113000000_swap.sql.swp", "ignored")
    said = migrate(code=5)
    for expected in (
        "20260101000000_twice.sql: same version",
        "notes.txt: not a migration",
        "2026_short.sql: not a migration",
        "20260103000000_no_down.sql:1: 0 lines `-- migrate:down`",
        "20260104000000_order.sql:2: `-- migrate:down` stands before",
        "20260105000000_early.sql:1: a statement stands before",
        "20260106000000_option.sql:1: unknown option",
        "20260107000000_begin.sql:3: `begin`",
        "20260107000000_begin.sql:5: `commit`",
        "20260108000000_set.sql:2: `set` outlives",
        "20260109000000_two.sql:1: transaction:false takes exactly one statement",
        "20260110000000_open.sql:2: string is not closed",
        "20260111000000_meta.sql:2: a backslash command",
        "20260112000000_latin.sql is not UTF-8",
        "functions/things/forgotten.sql is not listed",
    ):
        assert expected in said
    assert "20260113000000" not in said and "20260108000000_set.sql:3" not in said
    assert connect(empty_db).execute("select to_regnamespace('sqlctl')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "functions/things/count_things.sql",
            "create function fleet.other() ...",
            "expected fleet.count_things",
        ),
        (
            "functions/internal/tg_things__trim.sql",
            "create function fleet.tg_things__trim()",
            "expected fleet_internal.",
        ),
        ("functions/things/count_things.sql", "select 1;", "no `create or replace"),
        ("repeatable.sql", "\\ir privileges.sql\n\\ir nowhere.sql\n", "nowhere.sql"),
    ],
)
def test_sand_that_does_not_keep_its_word_is_refused(
    migrate: Callable[..., Any], tree: SqlTree, path: str, text: str, expected: str
) -> None:
    tree.write(path, text)
    assert expected in migrate(code=5)


def test_trap_15_a_new_signature_never_makes_a_second_function(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    migrate()
    tree.replace("functions/things/count_things.sql", "default null)", "default null, p_more int default 0)")
    assert "two functions called fleet.count_things" in migrate(code=5)
    count = "select count(*) from pg_proc where proname = 'count_things'"
    assert connect(empty_db).execute(count).fetchone() == (1,)
    tree.migration("20260103000000", "signature", "drop function if exists fleet.count_things(text);")
    migrate()
    assert connect(empty_db).execute(count).fetchone() == (1,)


def test_a_sand_file_that_is_gone_must_be_dropped_by_a_migration(
    migrate: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    migrate()
    tree.replace("repeatable.sql", "\\ir functions/things/count_things.sql\n", "")
    (tree.root / "functions/things/count_things.sql").unlink()
    assert "fleet.count_things has no file any more" in migrate()["notes"][0]
    tree.migration("20260103000000", "gone", "drop function if exists fleet.count_things(text);")
    migrate()
    rows = connect(empty_db).execute("select path from sqlctl.objects where path ~ 'count_things'").fetchall()
    assert rows == [] and migrate()["notes"] == []


def test_wrong_arguments_are_usage_errors(migrate: Callable[..., Any]) -> None:
    for arguments in (
        ("--lock-wait", "soon"),
        ("--lock-timeout", "0ms"),
        ("--ledger-schema", "drop table"),
        ("--no-such-option",),
        ("extra",),
    ):
        migrate(*arguments, code=2)


def test_a_folder_without_migrations_is_refused(migrate: Callable[..., Any], tmp_path: Path) -> None:
    assert "has no folder migrations" in migrate(code=5, SQLCTL_SQL_DIR=str(tmp_path / "nowhere"))


# ---- other tools' tables, closed schemas ----


@pytest.mark.parametrize(
    "table",
    ["(version bigint primary key, dirty boolean not null)", "(version varchar primary key)"],
    ids=["golang-migrate", "rails"],
)
def test_another_tools_table_is_left_alone(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database, table: str
) -> None:
    connection = connect(empty_db)
    connection.execute(f"create table public.schema_migrations {table}")
    if "dirty" not in table:
        connection.execute("insert into public.schema_migrations values ('20190101120000')")
    said = migrate(code=5)
    assert "--ledger-schema" in said
    assert connection.execute("select to_regnamespace('sqlctl')").fetchone() == (None,)
    migrate("--ledger-schema", "sqlctl")
    versions = connection.execute("select version from sqlctl.schema_migrations order by 1").fetchall()
    assert [row[0] for row in versions] == list(VERSIONS)
    assert migrate()["changed"] is False, "the choice is remembered"
    assert "is in schema sqlctl" in migrate("--ledger-schema", "public", code=5)


def test_a_lost_dbmate_table_is_filled_again(
    migrate: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    migrate()
    connection = connect(empty_db)
    connection.execute("drop table public.schema_migrations")
    migrate()
    assert len(connection.execute("select version from public.schema_migrations").fetchall()) == 2
    connection.execute("delete from public.schema_migrations")
    assert "is empty, yet the schema fleet is there" in migrate(code=5)


# ---- the ledger ----


def test_every_table_and_column_of_the_ledger_is_explained(db: Database, connect: Connect) -> None:
    rows = connect(db).execute(
        """select c.relname, a.attname from pg_class as c
           join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           where c.relnamespace = 'sqlctl'::regnamespace and c.relkind = 'r'
             and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"""
    )
    assert rows.fetchall() == []


def test_the_real_folder_is_sound() -> None:
    from sqlctl.sqlfiles import load_tree

    tree = load_tree(REAL)
    assert tree.problems == [] and tree.migrations and tree.sand
    assert [problem for migration in tree.migrations for problem in migration.problems()] == []
