"""sqlctl version: every version that matters when something is odd."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import click

from sqlctl import __version__
from sqlctl.errors import SqlctlError
from sqlctl.options import database_option, json_option
from sqlctl.output import print_json, print_pairs
from sqlctl.target import Target, connect, named_target, resolve_target

if TYPE_CHECKING:
    import psycopg

# Ours, else dbmate's: a schema that dbmate applied has a version too.
LEDGERS = (
    ("sqlctl.migrations", "select max(version) from sqlctl.migrations where status = 'applied'"),
    ("public.schema_migrations", "select max(version) from public.schema_migrations"),
)

_EXISTS = """
select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = %s
"""


@click.command()
@database_option
@json_option
def version(dsn: str | None, as_json: bool) -> None:
    """Show the versions of sqlctl, driver, libpq, server and schema.

    Works without a database and says so. Does not create the embedded server.

    \b
    Example:
      sqlctl version --json
    """
    import psycopg

    facts: dict[str, Any] = {
        "sqlctl": __version__,
        "python": platform.python_version(),
        "psycopg": f"{psycopg.__version__} ({psycopg.pq.__impl__})",
        "libpq": libpq_version(psycopg.pq.version()),
    }
    facts.update(_server_facts(dsn))
    if as_json:
        print_json(facts)
    else:
        print_pairs(
            (name, "-" if value is None else value) for name, value in facts.items() if name != "error"
        )
        if facts["error"]:
            print_pairs([("reason", facts["error"])])


def libpq_version(number: int) -> str:
    """180001 -> 18.1"""
    return f"{number // 10000}.{number % 10000}"


def _server_facts(dsn: str | None) -> dict[str, Any]:
    import psycopg

    from sqlctl.dberrors import from_database_error

    facts: dict[str, Any] = {"database": None, "server": None, "schema": None, "error": None}
    try:
        target = named_target(dsn) or _existing_embedded()
        if target is None:
            return {**facts, "database": "embedded server, not created yet"}
        facts["database"] = target.describe()
        with connect(target, read_only=True) as connection:
            facts["server"] = connection.info.parameter_status("server_version")
            facts["schema"] = "unreadable"
            facts["schema"] = _schema_version(connection)
    except SqlctlError as error:
        facts["server"] = "unreachable" if facts["server"] is None else facts["server"]
        facts["error"] = error.message + (f": {error.detail}" if error.detail else "")
    except psycopg.Error as error:
        facts["error"] = from_database_error(error).message
    return facts


def _schema_version(connection: psycopg.Connection[Any]) -> str:
    for table, query in LEDGERS:
        # not to_regclass: it fails where the schema may not be used
        if connection.execute(_EXISTS, table.split(".")).fetchone() is not None:
            row = connection.execute(query).fetchone()
            return str(row[0]) if row and row[0] else "not installed"
    return "not installed"


def _existing_embedded() -> Target | None:
    from sqlctl.serverhome import Home

    return resolve_target(None) if Home().majors() else None
