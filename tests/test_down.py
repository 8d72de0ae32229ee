"""sqlctl down: reverts in the opposite order, asks first, and is whole or absent."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SQLCTL, Connect, Database, RunSqlctl, clean_environment
from sqltree import VERSIONS, SqlTree


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


@pytest.fixture
def sqlctl(run_sqlctl: RunSqlctl, empty_db: Database, tree: SqlTree) -> Callable[..., Any]:
    """sqlctl(command, *args, code=0) on a database that has the small tree."""

    def run(*args: str, code: int = 0) -> Any:
        done = run_sqlctl(*args, "--json", env={**empty_db.environment, **tree.environment})
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return json.loads(done.stdout) if code == 0 else done.stderr

    run("migrate")
    return run


def schemas(connection: Any) -> list[str]:
    rows = connection.execute(
        "select nspname from pg_namespace where nspname ~ '^fleet' order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def test_one_step_is_the_default_and_all_sand_goes(
    sqlctl: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    done = sqlctl("down", "--yes")
    assert [item["migration"][:14] for item in done["reverted"]] == [VERSIONS[1]]
    assert done["dropped"] == [
        "fleet.count_things",
        "fleet.coloured_things",
        "fleet_internal.tg_things__trim",
    ]
    connection = connect(empty_db)
    assert connection.execute("select count(*) from pg_trigger where not tgisinternal").fetchone() == (0,)
    assert connection.execute("select version from public.schema_migrations").fetchall() == [(VERSIONS[0],)]
    assert connection.execute("select count(*) from sqlctl.objects").fetchone() == (0,)
    assert len(sqlctl("migrate")["objects"]) == 4


def test_everything_down_leaves_no_schema_of_ours(
    sqlctl: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    sqlctl("down", "--steps", "9", "--yes")
    assert schemas(connect(empty_db)) == []
    assert sqlctl("down", "--yes")["changed"] is False
    assert len(sqlctl("migrate")["migrations"]) == 2
    sqlctl("down", "--to", "0", "--yes")
    assert schemas(connect(empty_db)) == []


def test_to_keeps_that_version_and_reverts_in_applied_order(
    sqlctl: Callable[..., Any], tree: SqlTree
) -> None:
    tree.migration("20260101120000", "late", "alter table fleet.things add late int;", "alter table fleet.things drop late;")  # fmt: skip
    sqlctl("migrate", "--allow-late")
    done = sqlctl("down", "--to", VERSIONS[0], "--yes")
    assert [item["migration"] for item in done["reverted"]] == [
        "20260101120000_late",
        "20260102000000_colour",
    ]
    assert "is not applied" in sqlctl("down", "--to", VERSIONS[1], "--yes", code=5)


def test_without_an_answer_nothing_is_reverted(
    sqlctl: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    said = sqlctl("down", code=2)
    assert "20260102000000_colour" in said and "--yes" in said
    assert connect(empty_db).execute("select count(*) from sqlctl.migrations").fetchone() == (2,)


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 2, 2), (b"y\n", 0, 1)])
def test_on_a_terminal_it_asks(
    sqlctl: Callable[..., Any], connect: Connect, empty_db: Database, tree: SqlTree, answer: bytes, code: int, left: int
) -> None:  # fmt: skip
    assert sqlctl("status")["applied"] == 2
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [*SQLCTL, "down"],
            env={**clean_environment(), **empty_db.environment, **tree.environment},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.write(ours, answer)
        _, said = process.communicate(timeout=30)
    finally:
        os.close(ours)
        os.close(theirs)
    assert process.returncode == code, said
    assert b"what their tables hold is lost" in said
    assert connect(empty_db).execute("select count(*) from sqlctl.migrations").fetchone() == (left,)


def test_wrong_arguments_are_usage_errors(sqlctl: Callable[..., Any]) -> None:
    for arguments in (("--steps", "0"), ("--steps", "1", "--to", VERSIONS[0]), ("--steps", "many")):
        sqlctl("down", "--yes", *arguments, code=2)


def test_a_failing_down_leaves_everything_as_it_was(
    sqlctl: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    tree.migration("20260103000000", "bad", "select 1;", "select 1 / 0;")
    sqlctl("migrate")
    said = sqlctl("down", "--steps", "2", "--yes", code=1)
    assert "20260103000000_bad.sql" in said
    connection = connect(empty_db)
    assert connection.execute("select fleet.count_things()").fetchone() == (2,)
    assert connection.execute("select count(*) from sqlctl.migrations").fetchone() == (3,)


def test_a_foreign_view_on_ours_stops_it(
    sqlctl: Callable[..., Any], connect: Connect, empty_db: Database
) -> None:
    connection = connect(empty_db)
    connection.execute("create view public.report as select * from fleet.coloured_things")
    said = sqlctl("down", "--yes", code=1)
    assert "2BP01" in said and "report" in said
    assert connection.execute("select count(*) from public.report").fetchone() == (0,)


def test_a_held_lock_ends_in_75(sqlctl: Callable[..., Any], connect: Connect, empty_db: Database) -> None:
    holder = connect(empty_db, autocommit=False)
    holder.execute("select count(*) from fleet.things")
    said = sqlctl("down", "--yes", "--lock-wait", "200ms", code=75)
    assert f"pid {holder.info.backend_pid}" in said


def test_a_down_outside_a_transaction(
    sqlctl: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    path = tree.migration(
        "20260103000000", "index", "create index concurrently things_name_idx on fleet.things (name);",
        "drop index concurrently fleet.things_name_idx;", options="transaction:false",
    )  # fmt: skip
    tree.replace(path, "migrate:down", "migrate:down transaction:false")
    sqlctl("migrate")
    assert len(sqlctl("down", "--steps", "2", "--yes")["reverted"]) == 2
    connection = connect(empty_db)
    assert connection.execute("select to_regclass('fleet.things_name_idx')").fetchone() == (None,)
    assert connection.execute("select version from sqlctl.migrations").fetchall() == [(VERSIONS[0],)]
