"""sqlctl render: psql and its script do what migrate does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import Connect, Database, RunSqlctl
from sqlctl.binaries import find_psql
from sqltree import VERSIONS, SqlTree


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


def render(run_sqlctl: RunSqlctl, tree: SqlTree, *args: str) -> str:
    done = run_sqlctl("render", *args, env=tree.environment)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def psql(database: Database, script: str, code: int = 0) -> str:
    done = subprocess.run(
        [find_psql(), "-X", "-f", "-"],
        env={**os.environ, **database.environment},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_script_installs_upgrades_and_then_changes_nothing(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database, connect: Connect
) -> None:
    psql(empty_db, render(run_sqlctl, tree))
    connection = connect(empty_db)
    assert connection.execute("select fleet.count_things()").fetchone() == (2,)
    rows = connection.execute("select version, sha256, status from sqlctl.migrations order by 1").fetchall()
    assert [row[0] for row in rows] == list(VERSIONS)

    tree.migration("20260103000000", "more", "alter table fleet.things add column more int;")
    tree.replace("views/things/coloured_things.sql", "is not null", "<> ''")
    script = render(run_sqlctl, tree)
    psql(empty_db, script)
    paths = "select path from sqlctl.objects where run_id = 2 order by 1"
    assert connection.execute(paths).fetchall() == [
        ("privileges.sql",),
        ("views/things/coloured_things.sql",),
    ]
    psql(empty_db, script)
    assert connection.execute("select count(*) from sqlctl.runs").fetchone() == (2,)
    done = run_sqlctl("migrate", env={**empty_db.environment, **tree.environment})
    assert done.stdout == "nothing to do\n"


def test_a_failure_in_the_script_leaves_nothing_and_it_can_be_run_again(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database, connect: Connect
) -> None:
    path = tree.migration("20260103000000", "bad", "select 1 / 0;")
    assert "division by zero" in psql(empty_db, render(run_sqlctl, tree), 3)
    assert connect(empty_db).execute("select to_regnamespace('fleet')").fetchone() == (None,)
    tree.replace(path, "1 / 0", "1 / 1")
    psql(empty_db, render(run_sqlctl, tree))
    assert connect(empty_db).execute("select fleet.count_things()").fetchone() == (2,)


def test_a_file_outside_a_transaction(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database, connect: Connect
) -> None:
    index = "create unique index concurrently things_name_key on fleet.things (name)"
    tree.migration("20260103000000", "index", f"{index};", options="transaction:false")
    script = render(run_sqlctl, tree)
    psql(empty_db, script)
    connection = connect(empty_db)
    assert connection.execute("select name from sqlctl.migrations where status <> 'applied'").fetchall() == []
    assert connection.execute(
        "select indisvalid from pg_index where indexrelid = 'fleet.things_name_key'::regclass"
    ).fetchone() == (True,)

    connection.execute("insert into fleet.things (id, name) values (8, 'two'), (9, 'two2')")
    tree.migration("20260104000000", "index2", index.replace("name_key on fleet.things (name)", "x on fleet.things (left(name, 2))") + ";", options="transaction:false")  # fmt: skip
    script = render(run_sqlctl, tree)
    psql(empty_db, script, 3)
    assert "20260104000000 was started and has not ended" in psql(empty_db, script, 3)


@pytest.mark.parametrize("change", ["code", "late", "newer", "foreign"])
def test_the_script_refuses_what_migrate_refuses(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database, connect: Connect, change: str
) -> None:
    connection = connect(empty_db)
    if change == "foreign":
        connection.execute("create table public.schema_migrations (version bigint, dirty boolean)")
    else:
        psql(empty_db, render(run_sqlctl, tree))
    if change == "code":
        tree.replace("migrations/20260101000000_first.sql", "one; two", "one")
    elif change == "late":
        tree.migration("20260101120000", "late", "alter table fleet.things add late int;")
    elif change == "newer":
        (tree.root / "migrations/20260102000000_colour.sql").unlink()
    expected = {
        "code": "its code changed",
        "late": "is late",
        "newer": "unknown to this script",
        "foreign": "belongs to another tool",
    }
    assert expected[change] in psql(empty_db, render(run_sqlctl, tree), 3)
    if change == "foreign":
        psql(empty_db, render(run_sqlctl, tree, "--ledger-schema", "sqlctl"))
        assert connection.execute("select count(*) from sqlctl.schema_migrations").fetchone() == (2,)


def test_output_goes_to_a_file(run_sqlctl: RunSqlctl, tree: SqlTree, tmp_path: Path) -> None:
    done = run_sqlctl("render", "-o", str(tmp_path / "out.sql"), env=tree.environment)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "out.sql").read_text() == render(run_sqlctl, tree)
    done = run_sqlctl("render", "-o", str(tmp_path / "no" / "out.sql"), env=tree.environment)
    assert done.returncode == 1 and "cannot write" in done.stderr and "Traceback" not in done.stderr


def test_bad_files_are_refused(run_sqlctl: RunSqlctl, tree: SqlTree) -> None:
    tree.write("migrations/notes.txt", "hello")
    tree.migration("20260103000000", "set", "set search_path = x;")
    done = run_sqlctl("render", env=tree.environment)
    assert done.returncode == 5 and done.stdout == ""


def test_migrate_and_script_take_turns(run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database) -> None:
    environment = {**empty_db.environment, **tree.environment}
    assert run_sqlctl("migrate", "--to", VERSIONS[0], env=environment).returncode == 0
    psql(empty_db, render(run_sqlctl, tree))
    done = run_sqlctl("status", "--json", "--exit-code", env=environment)
    assert done.returncode == 0 and json.loads(done.stdout)["applied"] == 2
