"""sqlctl status and sqlctl new."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Connect, Database, RunSqlctl
from sqltree import VERSIONS, SqlTree


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


def test_status_tells_what_is_pending_and_changes_nothing(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database, connect: Connect
) -> None:
    environment = {**empty_db.environment, **tree.environment}
    done = run_sqlctl("status", "--pending", "--exit-code", env=environment)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "migration   20260101000000_first",
        "migration   20260102000000_colour",
        "function    functions/internal/tg_things__trim.sql",
        "view        views/things/coloured_things.sql",
        "function    functions/things/count_things.sql",
        "privileges  privileges.sql",
    ]
    assert connect(empty_db).execute("select to_regnamespace('sqlctl')").fetchone() == (None,)
    assert run_sqlctl("status", env=environment).returncode == 0

    run_sqlctl("migrate", env=environment, check=True)
    done = run_sqlctl("status", "--json", "--exit-code", env=environment)
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert (facts["applied"], facts["newest"], facts["pending"]) == (2, f"{VERSIONS[1]}_colour", [])

    tree.replace("migrations/20260101000000_first.sql", "one; two", "one")
    done = run_sqlctl("status", "--exit-code", env=environment)
    assert done.returncode == 1 and "its code changed" in done.stderr


def test_status_counts_the_fleet(run_sqlctl: RunSqlctl, db: Database, connect: Connect) -> None:
    connection = connect()
    connection.execute("select fleet.start_session('alpha'), fleet.start_session('beta')")
    connection.execute("select fleet.end_session('beta')")
    connection.execute("select fleet.register_spawn('alpha', 't1'), fleet.register_spawn('alpha', 't2')")
    connection.execute("select fleet.complete_spawn('alpha', 't2')")
    facts = json.loads(run_sqlctl("status", "--json", env=db.environment).stdout)
    assert facts["fleet"] == {"live_sessions": 1, "open_spawns": 1, "stalled_spawns": 0}
    shown = run_sqlctl("status", env=db.environment).stdout
    assert re.search(r"^open spawns: +1$", shown, re.MULTILINE)


def test_new_writes_a_file_that_is_sound_and_never_late(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database
) -> None:
    tree.migration("20991231235959", "future", "select 1;")
    done = run_sqlctl("new", "Add colour-Index", env=tree.environment)
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip())
    assert path.name == "21000101000000_add_colour_index.sql" and path.is_file()
    done = run_sqlctl("migrate", "--json", env={**empty_db.environment, **tree.environment})
    assert done.returncode == 0 and len(json.loads(done.stdout)["migrations"]) == 4


@pytest.mark.parametrize(("name", "code"), [("", 2), ("7up", 2), ("a;b", 2), ("x" * 81, 2), ("first", 5)])
def test_new_refuses_bad_and_taken_names(run_sqlctl: RunSqlctl, tree: SqlTree, name: str, code: int) -> None:
    before = sorted(path.name for path in (tree.root / "migrations").iterdir())
    done = run_sqlctl("new", name, env=tree.environment)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    assert sorted(path.name for path in (tree.root / "migrations").iterdir()) == before


def test_status_of_what_migrate_would_refuse_is_not_nothing(
    run_sqlctl: RunSqlctl, tree: SqlTree, empty_db: Database
) -> None:
    environment = {**empty_db.environment, **tree.environment}
    run_sqlctl("migrate", env=environment, check=True)
    tree.replace(f"migrations/{VERSIONS[0]}_first.sql", "one", "eins")
    done = run_sqlctl("status", "--exit-code", env=environment)
    assert done.returncode == 1
    assert "unknown, migrate would refuse" in done.stdout and "nothing" not in done.stdout
    assert "changed" in done.stderr
