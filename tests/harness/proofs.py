"""The three proofs of stone and sand, with the real command on a throwaway server (or that of SQLCTL_TEST_DSN).

drift       the journal (migrations) and the sheet (schema/) lead to the same schema, byte for byte of pg_dump
idempotent  laying the sand again, migrating again, running the rendered script twice: nothing changes
reversible  every migration goes up, down and up without a trace, and everything can be taken down
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from database import HarnessError, psql, server_environment
from sqlctl.drift import Rows, build_reference, compare_dumps, read_rows
from sqlctl.dump import WITHOUT_LEDGER, dump_schema, entries, find_pg_dump
from sqlctl.errors import SqlctlError
from sqlctl.pgserver import SUPERUSER
from sqlctl.sqlfiles import Tree, load_tree

# Owners and grants are sand, which one migration alone does not lay.
STONE = (*WITHOUT_LEDGER, "--no-owner", "--no-privileges")
CHOICES = ("PG", "SQLCTL_DATABASE_URL", "DATABASE_URL", "SQLCTL_LEDGER_SCHEMA")
Variables = Mapping[str, str]


class ProofError(Exception):
    """What was to be proved is not so."""


class Prover:
    """A server, and databases on it that are dropped at the end."""

    def __init__(self, server: Variables, tree: Tree) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(CHOICES)}
        self.admin = {"PGUSER": SUPERUSER, **clean, **server, "PGDATABASE": "postgres"}
        self.tree = tree
        self.version = psql(self.admin, "-c", "show server_version").split()[0]
        self.pg_dump = find_pg_dump(int(self.version.split(".")[0]))

    @contextlib.contextmanager
    def databases(self, *purposes: str) -> Iterator[list[Variables]]:
        """New empty databases, as variables."""
        names = [f"fleet_proof_{os.getpid()}_{purpose}" for purpose in purposes]
        try:
            for name in names:
                psql(self.admin, "-c", f"create database {name} template template0")
            yield [{**self.admin, "PGDATABASE": name} for name in names]
        finally:
            for name in names:
                psql(self.admin, "-c", f"drop database if exists {name} with (force)")

    def sqlctl(self, database: Variables, *arguments: str) -> dict[str, Any]:
        """What the command printed as JSON; ProofError if it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "sqlctl", *arguments, "--json"],
            env=dict(database),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProofError(
                f"sqlctl {' '.join(arguments)} exited {done.returncode}:\n{done.stderr}".rstrip()
            )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def dump(self, database: Variables, selection: tuple[str, ...] = WITHOUT_LEDGER) -> str:
        return dump_schema(self.pg_dump, database, selection)

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)


def rows_of(database: Variables) -> Rows:
    with connected(database) as connection:
        return read_rows(connection)


@contextlib.contextmanager
def connected(database: Variables) -> Iterator[psycopg.Connection[Any]]:
    names = {
        "PGHOST": "host",
        "PGPORT": "port",
        "PGUSER": "user",
        "PGPASSWORD": "password",
        "PGDATABASE": "dbname",
    }
    values = {names[name]: value for name, value in database.items() if name in names}
    with psycopg.connect(autocommit=True, **values) as connection:  # type: ignore[arg-type]
        yield connection


def require_equal(what: str, one: str, other: str) -> None:
    """Two dumps, byte for byte; the error shows the objects that differ."""
    if one == other:
        return
    lines = [f"{what}: pg_dump differs"]
    for difference in compare_dumps(one, other):
        lines += [f"  {difference.what} {difference.label}"]
        lines += [f"    {line}" for line in difference.diff.splitlines()[2:]]
    raise ProofError("\n".join(lines))


def require_same_rows(what: str, one: Rows, other: Rows) -> None:
    if one == other:
        return
    lines = [f"{what}: rows differ"]
    for table in sorted({*one, *other}):
        left, right = one.get(table, set()), other.get(table, set())
        lines += [f"  - fleet.{table}: {row}" for row in sorted(left - right)]
        lines += [f"  + fleet.{table}: {row}" for row in sorted(right - left)]
    raise ProofError("\n".join(lines))


def prove_drift(prover: Prover) -> str:
    with prover.databases("journal", "sheet") as (journal, sheet):
        done = prover.sqlctl(journal, "migrate")
        prover.say(
            f"journal: {len(done['migrations'])} migrations and {len(done['objects'])} files of sand, by sqlctl migrate"
        )
        with connected(sheet) as connection:
            build_reference(connection, prover.tree)
        prover.say("sheet:   roles.sql, schema.sql, repeatable.sql")
        one, other = prover.dump(sheet), prover.dump(journal)
        require_equal("sheet (-) and journal (+)", one, other)
        shipped = rows_of(sheet)
        require_same_rows("sheet (-) and journal (+)", shipped, rows_of(journal))
    objects, lines = len(list(entries(one))), one.count("\n")
    count = sum(len(rows) for rows in shipped.values())
    prover.say(
        f"compared: {objects} objects, {lines} lines of pg_dump, {count} rows of {len(shipped)} reference tables"
    )
    if not objects or not count:
        raise ProofError("nothing was compared")
    return "journal and sheet lead to the same schema"


def prove_idempotent(prover: Prover) -> str:
    everything: tuple[str, ...] = ()
    with prover.databases("migrate", "render") as (migrated, rendered):
        first = prover.sqlctl(migrated, "migrate")
        dump, rows = prover.dump(migrated, everything), rows_of(migrated)
        if prover.sqlctl(migrated, "migrate")["changed"]:
            raise ProofError("a second migrate changed something")
        prover.say("migrate again: nothing to do")

        psql(migrated, "-c", "update sqlctl.objects set sha256 = ''")
        again = prover.sqlctl(migrated, "migrate")
        if len(again["objects"]) != len(prover.tree.sand) or len(first["objects"]) != len(prover.tree.sand):
            raise ProofError(f"laid {len(again['objects'])} of {len(prover.tree.sand)} files of sand again")
        require_equal("sand once (-) and twice (+)", dump, prover.dump(migrated, everything))
        require_same_rows("sand once (-) and twice (+)", rows, rows_of(migrated))
        prover.say(
            f"sand again: {len(again['objects'])} files laid, {dump.count(chr(10))} lines of pg_dump equal"
        )

        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "fleet.sql"
            subprocess.run(
                [sys.executable, "-m", "sqlctl", "render", "-o", script],
                env=prover.admin,
                check=True,
                capture_output=True,
            )
            for turn in ("once", "twice"):
                psql(rendered, "-f", str(script))
                require_equal(
                    f"migrate (-) and rendered script {turn} (+)", dump, prover.dump(rendered, everything)
                )
                require_same_rows(f"migrate (-) and rendered script {turn} (+)", rows, rows_of(rendered))
        if prover.sqlctl(rendered, "migrate")["changed"]:
            raise ProofError("migrate found something to do after the rendered script")
        runs = psql(rendered, "-c", "select count(*) from sqlctl.runs").strip()
        if runs != "1":
            raise ProofError(f"the rendered script's second run wrote to the ledger: {runs} runs")
        prover.say("rendered script, run twice by psql: as migrate, ledger included")
    return "laying it again changes nothing"


def prove_reversible(prover: Prover) -> str:
    with prover.databases("updown") as (database,):
        empty = before = prover.dump(database, STONE)
        rows_before: Rows = {}
        for migration in prover.tree.migrations:
            prover.sqlctl(database, "migrate", "--to", migration.version)
            after, rows = prover.dump(database, STONE), rows_of(database)
            prover.sqlctl(database, "down", "--yes")
            what = f"before {migration.stem} (-) and after its down (+)"
            require_equal(what, before, prover.dump(database, STONE))
            require_same_rows(what, rows_before, rows_of(database))
            prover.sqlctl(database, "migrate", "--to", migration.version)
            require_equal(f"{migration.stem} once (-) and again (+)", after, prover.dump(database, STONE))
            require_same_rows(f"{migration.stem} once (-) and again (+)", rows, rows_of(database))
            prover.say(f"{migration.stem}: up, down, up")
            before, rows_before = after, rows
        full, rows = prover.dump(database), rows_of(database)
        reverted = prover.sqlctl(database, "down", "--to", "0", "--yes")["reverted"]
        require_equal("the empty database (-) and everything down (+)", empty, prover.dump(database, STONE))
        prover.say(f"all {len(reverted)} down: nothing is left")
        prover.sqlctl(database, "migrate")
        require_equal("the first time (-) and the second (+)", full, prover.dump(database))
        require_same_rows("the first time (-) and the second (+)", rows, rows_of(database))
        prover.say(
            f"all up again: {full.count(chr(10))} lines of pg_dump equal, owners and privileges included"
        )
    if not prover.tree.migrations:
        raise ProofError("there is no migration")
    return f"{len(prover.tree.migrations)} migrations go up, down and up"


PROOFS: dict[str, Callable[[Prover], str]] = {
    "drift": prove_drift,
    "idempotent": prove_idempotent,
    "reversible": prove_reversible,
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in PROOFS:
        print(f"usage: proofs.py {'|'.join(PROOFS)}", file=sys.stderr)
        return 2
    name, started = arguments[0], time.monotonic()
    try:
        tree = load_tree().require_sound()
        with server_environment() as server:
            prover = Prover(server, tree)
            print(f"proof {name}, PostgreSQL {prover.version}", flush=True)
            claim = PROOFS[name](prover)
    except (ProofError, HarnessError, SqlctlError, psycopg.Error) as error:
        print(error.format_message() if isinstance(error, SqlctlError) else error)
        print(f"proof {name}: FAILED after {time.monotonic() - started:.1f} s")
        return 1
    print(f"proof {name}: ok, {claim} ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
