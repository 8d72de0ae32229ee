"""dbmate and sqlctl side by side: the same files, the same table."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect, Database, RunSqlctl, TestServer
from sqltree import REAL, VERSIONS, SqlTree

VERSION = "2.36.0"
FOLDER = Path(__file__).parents[1] / ".build" / "dbmate"


@pytest.fixture(scope="session")
def dbmate_program() -> Path:
    """dbmate from npm, kept in .build; without npm or network these tests are skipped, and counted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes may run these tests
        program = installed_dbmate()
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        pytest.skip(f"SKIP dbmate: it does not run here: {answer.stderr.strip()[-300:]}")
    assert VERSION in answer.stdout
    return program


def installed_dbmate() -> Path:
    program = FOLDER / "node_modules" / ".bin" / "dbmate"
    if program.exists():
        return program
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"SKIP dbmate: npm is not installed (dbmate {VERSION} comes from there)")
    command = [
        npm,
        "install",
        "--no-save",
        "--no-fund",
        "--no-audit",
        "--prefix",
        str(FOLDER),
        f"dbmate@{VERSION}",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("SKIP dbmate: npm did not answer within 60 s")
    if done.returncode != 0 or not program.exists():
        pytest.skip(f"SKIP dbmate: npm could not install it: {done.stderr.strip()[-300:]}")
    return program


@pytest.fixture
def dbmate(dbmate_program: Path, empty_db: Database) -> Callable[..., str]:
    """dbmate(root, *args): what it printed; root is a folder like sql/."""

    def run(root: Path, *args: str) -> str:
        values = empty_db.environment
        url = f"postgres://{values['PGUSER']}@/{values['PGDATABASE']}?host={values['PGHOST']}&port={values['PGPORT']}"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        if "PGPASSWORD" in values:
            environment["PGPASSWORD"] = values["PGPASSWORD"]
        command = [
            dbmate_program,
            "--url",
            f"{url}&sslmode=disable",
            "-d",
            root / "migrations",
            "--no-dump-schema",
            *args,
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


@pytest.fixture
def sqlctl(run_sqlctl: RunSqlctl, empty_db: Database) -> Callable[..., Any]:
    def run(*args: str, tree: SqlTree | None = None, code: int = 0) -> Any:
        environment = {**empty_db.environment, **(tree.environment if tree else {})}
        done = run_sqlctl(*args, "--json", env=environment)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if code == 0 else done.stderr

    return run


def test_dbmate_applies_all_and_migrate_adds_only_sand(
    dbmate: Callable[..., str], sqlctl: Callable[..., Any], server: TestServer, new_name: Callable[[], str]
) -> None:
    count = len(list((REAL / "migrations").glob("*.sql")))
    assert dbmate(REAL, "migrate").count("Applied:") == count
    done = sqlctl("migrate")
    assert done["migrations"] == [] and len(done["adopted"]) == count
    assert len(done["objects"]) > 10 and done["partitions"]
    assert sqlctl("migrate")["changed"] is False
    scratch = server.create(new_name())
    assert sqlctl("drift", "--scratch-dsn", scratch.conninfo)["drift"] is False


def test_after_migrate_dbmate_has_nothing_pending(
    dbmate: Callable[..., str], sqlctl: Callable[..., Any]
) -> None:
    sqlctl("migrate")
    assert "Pending: 0" in dbmate(REAL, "status")
    assert "Applied:" not in dbmate(REAL, "migrate")


def test_dbmate_can_revert_what_migrate_applied(
    dbmate: Callable[..., str], sqlctl: Callable[..., Any]
) -> None:
    sqlctl("migrate")
    sqlctl("down", "--to", "0", "--yes")
    assert "Applied: 0" in dbmate(REAL, "status")
    dbmate(REAL, "migrate")
    for _ in (REAL / "migrations").glob("*.sql"):
        dbmate(REAL, "rollback")
    assert len(sqlctl("migrate")["migrations"]) == len(list((REAL / "migrations").glob("*.sql")))


def test_they_take_turns(
    dbmate: Callable[..., str],
    sqlctl: Callable[..., Any],
    tree: SqlTree,
    connect: Connect,
    empty_db: Database,
) -> None:
    sqlctl("migrate", tree=tree)
    tree.migration("20260103000000", "third", "create table fleet.third (a int);", "drop table fleet.third;")
    dbmate(tree.root, "migrate")
    assert sqlctl("status", tree=tree)["pending"][0] == {"kind": "adoption", "name": "20260103000000_third"}
    assert sqlctl("migrate", tree=tree)["adopted"] == ["20260103000000_third"]

    dbmate(tree.root, "rollback")
    done = sqlctl("migrate", tree=tree)
    assert [item["migration"] for item in done["migrations"]] == ["20260103000000_third"]
    assert "reverted by dbmate: 20260103000000" in done["notes"]
    rows = (
        connect(empty_db).execute("select version, origin from sqlctl.migrations order by ordinal").fetchall()
    )
    assert rows == [*[(version, "sqlctl") for version in VERSIONS], ("20260103000000", "sqlctl")]


def test_down_reverts_what_dbmate_applied(
    dbmate: Callable[..., str], sqlctl: Callable[..., Any], tree: SqlTree
) -> None:
    dbmate(tree.root, "migrate")
    assert len(sqlctl("down", "--to", "0", "--yes", tree=tree)["reverted"]) == 2
    assert "Applied: 0" in dbmate(tree.root, "status")


def test_a_file_outside_a_transaction_runs_in_dbmate_too(
    dbmate: Callable[..., str], sqlctl: Callable[..., Any], tree: SqlTree
) -> None:
    tree.migration(
        "20260103000000", "index", "create index concurrently things_name_idx on fleet.things (name);",
        options="transaction:false",
    )  # fmt: skip
    assert "20260103000000" in dbmate(tree.root, "migrate")
    assert len(sqlctl("migrate", tree=tree)["adopted"]) == 3
