"""The proofs pass on a sound tree and fail on each kind of broken one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import TestServer, clean_environment
from sqltree import SqlTree

PROOFS = Path(__file__).parent / "harness" / "proofs.py"
Prove = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


@pytest.fixture
def prove(server: TestServer, tree: SqlTree) -> Prove:
    def run(name: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **clean_environment(),
            **tree.environment,
            "SQLCTL_TEST_DSN": server.database("postgres").conninfo,
        }
        command = [sys.executable, str(PROOFS), name]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("name", ["drift", "idempotent", "reversible"])
def test_a_sound_tree_passes(prove: Prove, name: str) -> None:
    done = prove(name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"proof {name}: ok, ")


@pytest.mark.parametrize(
    ("name", "path", "old", "new", "said"),
    [
        ("drift", "schema/things.sql", "text    not null", "text", "different table fleet.things"),
        ("drift", "schema/things.sql", "'one; two'", "'two'", "rows differ"),
        ("drift", "schema/things.sql", "create schema", "create sheema", "syntax error"),
        (
            "idempotent",
            "privileges.sql",
            "grant usage",
            "do $$ begin execute format('comment on table fleet.things is %L', clock_timestamp()); end $$;\ngrant usage",
            "comment fleet.TABLE things",
        ),
        (
            "idempotent",
            "privileges.sql",
            "grant usage",
            "insert into fleet.things select max(id) + 1, 'again' from fleet.things;\ngrant usage",
            "rows differ",
        ),
        (
            "reversible",
            "migrations/20260102000000_colour.sql",
            "alter table fleet.things drop column colour;",
            "select 1;",
            "before 20260102000000_colour (-) and after its down (+)",
        ),
        (
            "reversible",
            "migrations/20260102000000_colour.sql",
            "drop column colour;",
            "drop column colour; delete from fleet.things where id = 2;",
            "rows differ",
        ),
        (
            "reversible",
            "migrations/20260101000000_first.sql",
            "drop schema fleet;",
            "select 1;",
            "before 20260101000000_first (-) and after its down (+)",
        ),
    ],
)
def test_a_broken_tree_fails(
    prove: Prove, tree: SqlTree, name: str, path: str, old: str, new: str, said: str
) -> None:
    text = tree.read(path)
    head, found, tail = text.rpartition(old)
    assert found
    tree.write(path, head + new + tail)
    done = prove(name)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout and "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"proof {name}: FAILED")


def test_an_unknown_proof_is_a_usage_error(prove: Prove) -> None:
    assert prove("nothing").returncode == 2
