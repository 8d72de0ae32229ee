"""plpgsql_check over every plpgsql function: what a body would only fail at when it runs.

The extension is used where the test server has it; else Debian's package is unpacked beside a system server of its major
(nothing is installed). Where neither can be had, these tests are skipped and say so.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fetch
import psycopg
import pytest
from conftest import TestServer
from database import client_environment, migrate, throwaway_server
from sqlctl.binaries import Binaries

FINDINGS = r"""
select p.oid::regprocedure::text, c.lineno, c.level, c.message, c.query
from pg_proc as p
join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
left join pg_trigger as t on t.tgfoid = p.oid and not t.tgisinternal
cross join lateral plpgsql_check.plpgsql_check_function_tb(
  p.oid, coalesce(t.tgrelid, 0)::regclass, fatal_errors => false, performance_warnings => false,
  oldtable => t.tgoldtable, newtable => t.tgnewtable
) as c
where p.pronamespace in ('fleet'::regnamespace, 'fleet_internal'::regnamespace)
  and (p.prorettype <> 'trigger'::regtype or t.oid is not null)
  -- an endless loop that is left by return: it takes the end below it for one that is reached
  and not (c.message = 'control reached end of function without RETURN' and p.prosrc ~ '\n  loop\n')
order by 1, 2
"""
EXTENSION = "select count(*) from pg_available_extensions where name = 'plpgsql_check'"


@pytest.fixture(scope="module")
def checked(server: TestServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a migrated database with plpgsql_check in a schema of that name."""
    with psycopg.connect(server.database("postgres").conninfo) as connection:
        row = connection.execute(EXTENSION).fetchone()
    if row and row[0]:
        yield from _connection(server, "create extension plpgsql_check schema plpgsql_check")
        return
    for binaries, package in _system_servers():
        with throwaway_server(binaries) as other:
            # the server's user may not be able to enter this project's folder
            library = other.datadir.parent / "plpgsql_check.so"
            shutil.copy(next(package.rglob("plpgsql_check.so")), library)
            library.chmod(0o644)
            text = next(package.rglob("plpgsql_check--*.sql")).read_text()
            text = re.sub(r"^\\.*$", "", text, flags=re.MULTILINE)
            text = text.replace("MODULE_PATHNAME", str(library)).replace("@extschema@", "plpgsql_check")
            variables = {key: value for key, value in other.environment().items() if key != "PGDATABASE"}
            yield from _connection(TestServer(variables), "set search_path = plpgsql_check, public;" + text)
        return
    pytest.skip("plpgsql_check: no server here has it, and no Debian package fits a system server")


def _connection(server: TestServer, load: str) -> Iterator[psycopg.Connection[Any]]:
    database = server.create("fleet_plpgsql_check")
    try:
        migrate(client_environment(server.variables, database.name))
        with psycopg.connect(database.conninfo) as connection:
            connection.execute("create schema plpgsql_check")
            connection.execute(load)
            connection.execute("reset search_path")
            connection.commit()
            yield connection
            connection.rollback()
    finally:
        server.drop(database.name)


def _system_servers() -> Iterator[tuple[Binaries, Path]]:
    """System servers for whose major Debian's package can be had, the newest first."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    for folder in sorted(folders, key=lambda path: int(path.parent.name), reverse=True):
        major = int(folder.parent.name)
        package = fetch.plpgsql_check(major) if major >= 14 else None
        if package:
            yield Binaries(folder, folder.parent.name, "system"), package


def test_functions_check(checked: psycopg.Connection[Any]) -> None:
    assert [list(map(str, row)) for row in checked.execute(FINDINGS)] == []


def test_a_planted_fault_is_found(checked: psycopg.Connection[Any]) -> None:
    with checked.transaction(force_rollback=True):
        checked.execute(
            """
            create function fleet_internal.planted(p_id bigint) returns text language plpgsql as $$
            begin
              return (select a.no_such_column from fleet.active_spawns as a where a.id = p_id);
            end
            $$
            """
        )
        found = [row for row in checked.execute(FINDINGS) if "planted" in row[0]]
    assert any("no_such_column" in row[3] for row in found)
