"""Who may migrate: roles without rights get the exact statements, and nothing is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from conftest import Database, RunSqlctl
from database import throwaway_server
from sqlctl.binaries import find_binaries


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[psycopg.Connection[Any], Callable[..., Database]]]:
    """A server that has no role of ours; its superuser, and login(name, dbname) as conninfo."""
    with (
        throwaway_server(find_binaries()) as server,
        psycopg.connect(server.conninfo(), autocommit=True) as superuser,
    ):

        def login(user: str, dbname: str) -> Database:
            environment = {**server.environment(dbname), "PGUSER": user}
            return Database(dbname, server.conninfo(dbname), environment)

        yield superuser, login


def sqlctl(run_sqlctl: RunSqlctl, database: Database, *args: str, code: int = 0) -> Any:
    done = run_sqlctl(*args, env=database.environment)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stdout if code == 0 else done.stderr


def statements(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines() if line.endswith(";")]


def test_who_may_not_make_roles_is_told_what_to_run_and_then_can_migrate(
    cluster: tuple[psycopg.Connection[Any], Callable[..., Database]], run_sqlctl: RunSqlctl
) -> None:
    superuser, login = cluster
    superuser.execute('create role "Ann O\'Plain" login')
    superuser.execute("create database closed")
    with psycopg.connect(login("postgres", "closed").conninfo, autocommit=True) as connection:
        connection.execute("revoke create on schema public from public")  # as it is from 15 on
    ann = login("Ann O'Plain", "closed")
    said = sqlctl(run_sqlctl, ann, "migrate", code=5)
    given = statements(said)
    assert "create role fleet_owner nologin;" in given and "--ledger-schema sqlctl" in said
    with psycopg.connect(ann.conninfo) as connection:
        left = connection.execute(
            "select count(*) from pg_namespace where nspname ~ 'fleet|sqlctl'"
        ).fetchone()
    roles = superuser.execute("select count(*) from pg_roles where rolname ~ '^fleet_'").fetchone()
    assert (left, roles) == ((0,), (0,))
    for statement in given:
        superuser.execute(statement.encode())
    said = sqlctl(run_sqlctl, ann, "migrate", code=5)
    assert "schema public is closed" in said, "only the privilege on public is still missing"
    sqlctl(run_sqlctl, ann, "migrate", "--ledger-schema", "sqlctl")
    assert sqlctl(run_sqlctl, ann, "migrate") == "nothing to do\n"
    sqlctl(run_sqlctl, ann, "down", "--to", "0", "--yes")


def test_a_creator_of_roles_and_a_second_dba(
    cluster: tuple[psycopg.Connection[Any], Callable[..., Database]], run_sqlctl: RunSqlctl
) -> None:
    superuser, login = cluster
    for role in ("fleet_auditor", "fleet_reader", "fleet_writer", "fleet_owner"):
        if superuser.execute("select from pg_roles where rolname = %s", [role]).fetchone() is not None:
            superuser.execute(f"drop owned by {role}")
            with psycopg.connect(login("postgres", "closed").conninfo, autocommit=True) as there:
                there.execute("drop schema if exists sqlctl cascade")
                there.execute(f"drop owned by {role}")
            superuser.execute(f"drop role {role}")
    superuser.execute("create role maker login createrole; create role bob login")
    superuser.execute("create database made owner maker")
    sqlctl(run_sqlctl, login("maker", "made"), "migrate")

    bob = login("bob", "made")
    with psycopg.connect(bob.conninfo, autocommit=True) as connection:
        connection.execute("drop view fleet.spawns cascade")
    said = sqlctl(run_sqlctl, bob, "migrate", code=5)
    assert statements(said) == []
    superuser.execute("grant fleet_reader to bob")
    said = sqlctl(run_sqlctl, bob, "migrate", code=5)
    assert 'grant fleet_owner to "bob";' in statements(said)
    superuser.execute("grant fleet_owner to bob")
    sqlctl(run_sqlctl, bob, "migrate")


def test_a_reader_may_ask_for_the_status_and_nobody_else(
    cluster: tuple[psycopg.Connection[Any], Callable[..., Database]], run_sqlctl: RunSqlctl
) -> None:
    superuser, login = cluster
    superuser.execute("create database watched")
    sqlctl(run_sqlctl, login("postgres", "watched"), "migrate")
    superuser.execute("create role reader login; create role stranger login")
    superuser.execute("grant fleet_reader to reader")
    facts = json.loads(sqlctl(run_sqlctl, login("reader", "watched"), "status", "--json"))
    assert facts["pending"] == [] and facts["applied"] >= 2
    assert facts["fleet"] == {"live_sessions": 0, "open_spawns": 0, "stalled_spawns": 0}
    said = sqlctl(run_sqlctl, login("stranger", "watched"), "status", code=5)
    assert "42501" in said and "fleet_reader" in said
