"""The database that pgTAP files run in: migrated by the real `sqlctl migrate`, with pgTAP loaded.

The server is a throwaway one of our own (fsync off, unix socket), or the one of SQLCTL_TEST_DSN.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import fetch
from psycopg.conninfo import conninfo_to_dict
from sqlctl.binaries import Binaries, find_binaries, find_psql, reachable_copy
from sqlctl.pgserver import Server

# Tests name fleet objects in full and find pgTAP's by path. The odd time zone finds who relies on one.
SESSION = "-c search_path=tap,public -c client_min_messages=warning -c timezone=America/St_Johns"
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
}
_NAMES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
}


class HarnessError(RuntimeError):
    """The tests could not be run; the message says why."""


@contextlib.contextmanager
def server_environment(binaries: Binaries | None = None) -> Iterator[dict[str, str]]:
    """PG* variables of a server on which tests may do as they like, as superuser."""
    dsn = os.environ.get("SQLCTL_TEST_DSN")
    if dsn and binaries is None:
        given = conninfo_to_dict(dsn)
        yield {_NAMES[key]: str(value) for key, value in given.items() if key in _NAMES}
        return
    with throwaway_server(binaries or find_binaries()) as server:
        environment = server.environment()
        del environment["PGDATABASE"]
        yield environment


@contextlib.contextmanager
def throwaway_server(binaries: Binaries) -> Iterator[Server]:
    """A server that nothing outlives: data, socket and process are gone afterwards."""
    # The kernel bounds a socket's path to about 100 bytes, and macOS hands out long folders: so /tmp.
    folder = Path(tempfile.mkdtemp(prefix="fleet-test-", dir="/tmp"))
    try:
        folder.chmod(0o755)  # as root the server runs as another user, which must get through
        server = Server(binaries.bindir, folder / "data", folder / "run")
        if server.account and server.run("postgres", ["-V"])[0] != 0:
            server.bindir = reachable_copy(binaries, folder).bindir
        server.init(sync=False)
        server.start(FAST)
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def test_database(server: Mapping[str, str], *, migrated: bool = True) -> Iterator[dict[str, str]]:
    """Variables for psql on a new database with pgTAP in schema tap; dropped afterwards."""
    name = f"fleet_pgtap_{os.getpid()}_{'full' if migrated else 'bare'}"
    admin = client_environment(server, "postgres")
    psql(admin, "-c", f"create database {name}")
    environment = {**admin, "PGDATABASE": name}
    try:
        if migrated:
            migrate(environment)
        load_pgtap(environment)
        environment["PGOPTIONS"] = SESSION
        yield environment
    finally:
        psql(admin, "-c", f"drop database {name} with (force)")


def client_environment(server: Mapping[str, str], database: str) -> dict[str, str]:
    """The environment for psql on a database of this server: no other PG* variable, and psql on PATH."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    path = f"{find_psql().parent}{os.pathsep}{inherited.get('PATH', '')}"
    return {**inherited, "PATH": path, **server, "PGDATABASE": database}


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database up by the command that users run."""
    hidden = ("SQLCTL_DATABASE_URL", "DATABASE_URL")
    clean = {key: value for key, value in environment.items() if key not in hidden}
    done = subprocess.run(
        [sys.executable, "-m", "sqlctl", "migrate"], env=clean, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise HarnessError(f"sqlctl migrate exited {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())


def load_pgtap(environment: Mapping[str, str]) -> None:
    """Put pgTAP into schema tap, for every role: as an extension if the server has it, else as plain SQL."""
    psql(environment, "-c", "create schema tap", "-c", "grant usage on schema tap to public")
    known = psql(environment, "-c", "select from pg_available_extensions where name = 'pgtap'")
    if known.strip():
        psql(environment, "-c", "create extension pgtap schema tap")
        return
    lines = fetch.pgtap_sql().read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("\\"))
    options = {"PGOPTIONS": "-c search_path=tap -c client_min_messages=warning"}
    psql({**environment, **options}, "--single-transaction", "-f", "-", stdin=text)


def psql(environment: Mapping[str, str], *arguments: str, stdin: str | None = None) -> str:
    """What psql printed; HarnessError with its words when it failed."""
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *arguments],
        env=dict(environment),
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise HarnessError(f"psql exited {done.returncode}: {done.stderr.strip()}")
    return done.stdout
