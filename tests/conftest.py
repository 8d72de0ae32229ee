"""Fixtures: a throwaway server, a migrated template, a fresh clone of it per test, and the real command."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pytest_postgresql.janitor import DatabaseJanitor

sys.path.insert(0, str(Path(__file__).parent / "harness"))

from database import server_environment

Environment = Mapping[str, str]
Connect = Callable[..., "psycopg.Connection[Any]"]
# Whatever the person who runs the tests has chosen must not become a test's database, nor hide a fault
# (PYTHONUNBUFFERED: there is nothing left to be lost at the end).
_CHOICES = ("PG", "SQLCTL_", "DATABASE_URL", "COLUMNS", "NO_COLOR", "PYTHON")
_PARAMETERS = {
    "PGHOST": "host",
    "PGHOSTADDR": "hostaddr",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
}


class RunSqlctl(Protocol):
    def __call__(
        self, *args: str, env: Environment | None = None, input: str | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]: ...


@dataclass(frozen=True)
class Database:
    """A database of the test server: as conninfo and as PG* variables."""

    name: str
    conninfo: str
    environment: dict[str, str]


@dataclass(frozen=True)
class TestServer:
    """The server of this session; tests are its superuser."""

    __test__ = False
    variables: Environment

    def database(self, name: str) -> Database:
        parameters = {_PARAMETERS[key]: value for key, value in self.variables.items() if key in _PARAMETERS}
        conninfo = make_conninfo("", **parameters, dbname=name)
        return Database(name, conninfo, {**self.variables, "PGDATABASE": name})

    def create(self, name: str, *, template: str = "template0") -> Database:
        self._janitor(name, template).init()
        return self.database(name)

    def drop(self, name: str) -> None:
        self._janitor(name).drop()

    def _janitor(self, name: str, template: str | None = None) -> DatabaseJanitor:
        return DatabaseJanitor(
            user=self.variables["PGUSER"],
            host=self.variables["PGHOST"],
            port=self.variables.get("PGPORT", "5432"),
            password=self.variables.get("PGPASSWORD"),
            version="14",  # releases for Python 3.10 ask for it, later ones warn
            dbname=name,
            template_dbname=template,
        )


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """A server with fsync off that is gone afterwards, or the one of SQLCTL_TEST_DSN."""
    with server_environment() as variables:
        yield TestServer(variables)


@pytest.fixture(scope="session")
def new_name(server: TestServer) -> Iterator[Callable[[], str]]:
    """Names of databases; a server that was lent to us gets them dropped at the end."""
    given: list[str] = []
    numbers = itertools.count(1)

    def name() -> str:
        given.append(f"fleet_test_{os.getpid()}_{next(numbers)}")
        return given[-1]

    yield name
    if os.environ.get("SQLCTL_TEST_DSN"):
        for database in given:
            server.drop(database)


@pytest.fixture(scope="session")
def template(server: TestServer, new_name: Callable[[], str], run_sqlctl: RunSqlctl) -> str:
    """A database that `sqlctl migrate` has brought up, once per session."""
    database = server.create(new_name())
    done = run_sqlctl("migrate", env=database.environment)
    assert done.returncode == 0, done.stderr
    return database.name


@pytest.fixture
def db(server: TestServer, new_name: Callable[[], str], template: str) -> Database:
    """A migrated database of the test's own."""
    return server.create(new_name(), template=template)


@pytest.fixture
def empty_db(server: TestServer, new_name: Callable[[], str]) -> Database:
    """An empty database of the test's own."""
    return server.create(new_name())


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """connect(database=db, **options): autocommit connections, closed after the test."""
    with contextlib.ExitStack() as stack:

        def open_one(database: Database | None = None, **options: Any) -> psycopg.Connection[Any]:
            chosen: Database = database or request.getfixturevalue("db")
            arguments = {"autocommit": True, **options}
            return stack.enter_context(contextlib.closing(psycopg.connect(chosen.conninfo, **arguments)))

        yield open_one


@pytest.fixture(scope="session")
def run_sqlctl(tmp_path_factory: pytest.TempPathFactory) -> RunSqlctl:
    """run_sqlctl(*args, env=..., input=...): the real command in a real process.

    `env` is added to an environment in which no database is chosen, and the embedded server's home does not
    exist.
    """
    nowhere = tmp_path_factory.mktemp("home") / "none"

    def run(
        *args: str, env: Environment | None = None, input: str | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        environment = {**clean_environment(), "SQLCTL_HOME": str(nowhere), **(env or {})}
        arguments: dict[str, Any] = {"timeout": 120, "capture_output": True, "text": True, **options}
        if input is None:
            arguments.setdefault("stdin", subprocess.DEVNULL)
        else:
            arguments["input"] = input
        return subprocess.run([*SQLCTL, *args], env=environment, **arguments)

    return run


SQLCTL = [sys.executable, "-m", "sqlctl"]


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_CHOICES)}


@contextlib.contextmanager
def short_folder_for_all() -> Iterator[Path]:
    """An empty folder with a short path; every user may enter (as root the server runs as another)."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-", dir=_temporary_folder()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _temporary_folder() -> str:
    """In memory if there is plenty: the embedded server keeps fsync on, and the disk may be busy."""
    with contextlib.suppress(OSError):
        memory = os.statvfs("/dev/shm")
        if memory.f_bavail * memory.f_frsize > 4 << 30 and not memory.f_flag & os.ST_NOEXEC:
            return "/dev/shm"
    return "/tmp"


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with short_folder_for_all() as folder:
        yield folder
