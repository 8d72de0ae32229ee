"""Which database: --dsn, else SQLCTL_DATABASE_URL, else DATABASE_URL, else PG* variables, else embedded.

A database that was named is used or the command fails: there is no falling back to the embedded server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import click

from sqlctl.errors import ConnectError
from sqlctl.output import note

if TYPE_CHECKING:
    import psycopg

URL_VARIABLES = ("SQLCTL_DATABASE_URL", "DATABASE_URL")
PG_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
_SHOWN = (
    "dbname",
    "host",
    "hostaddr",
    "port",
    "user",
    "service",
)  # what may be shown; all else may be secret
_PAIR = re.compile(r"""\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)""")


@dataclass(frozen=True)
class Target:
    """One chosen database: how to reach it, and why this one."""

    conninfo: str
    origin: str
    embedded: bool = False

    def describe(self) -> str:
        """Where it is and who chose it, in one line without secrets."""
        shown = _public_parts(self.conninfo)
        where = " ".join(f"{name}={shown[name]}" for name in _SHOWN if shown.get(name))
        return f"{where} (from {self.origin})" if where else f"from {self.origin}"


def resolve_target(dsn: str | None) -> Target:
    """Choose the database; no connection is made. Without one, the embedded server runs from here on."""
    return named_target(dsn) or _embedded_target()


def named_target(dsn: str | None) -> Target | None:
    """The database that somebody named, if any."""
    if dsn is not None:
        return Target(_checked(dsn, "--dsn"), "--dsn")
    for name in URL_VARIABLES:
        if os.environ.get(name):
            return Target(_checked(os.environ[name], name), name)
    given = [f"{name}={os.environ[name]}" for name in PG_VARIABLES if os.environ.get(name)]
    if given:
        return Target("", f"PG* variables ({', '.join(given)})")
    return None


def announce(target: Target, *, quiet: bool = False) -> None:
    """Say on stderr which database was chosen and why."""
    if not quiet:
        note(f"database: {target.describe()}")


def connect(
    target: Target,
    *,
    autocommit: bool = True,
    application_name: str = "sqlctl",
    connect_timeout: int = 5,
    read_only: bool = False,
) -> psycopg.Connection[tuple[object, ...]]:
    """Connect, waiting at most `connect_timeout` seconds unless the target says otherwise.

    With read_only every `connection.transaction()` is READ ONLY (nothing is set on the session: behind a
    transaction pooler that would stay for others). ConnectError tells libpq's reason and never the password.
    """
    import psycopg

    from sqlctl.dberrors import from_connection_failure

    given = libpq_parameters(target)
    defaults: dict[str, str | int] = {
        "fallback_application_name": application_name,
        "client_encoding": "utf8",
    }
    if "connect_timeout" not in given and not os.environ.get("PGCONNECT_TIMEOUT"):
        defaults["connect_timeout"] = connect_timeout
    try:
        connection: psycopg.Connection[tuple[object, ...]] = psycopg.connect(
            target.conninfo,
            autocommit=autocommit,
            prepare_threshold=None,  # a transaction pooler may give the next statement to another session
            **defaults,  # type: ignore[arg-type]
        )
    except psycopg.Error as error:
        raise from_connection_failure(error, target.describe()) from None
    connection.read_only = read_only or None
    return connection


def libpq_parameters(target: Target) -> dict[str, str]:
    """The target's own parameters (not the environment's) as libpq reads them, password included."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(target.conninfo)
    except psycopg.ProgrammingError as error:
        raise _bad_dsn(target.origin, _without_secrets(str(error), target.conninfo)) from None
    parameters = {name: str(value) for name, value in given.items() if value is not None}
    _refuse_ambiguous(target, parameters)
    return parameters


def _embedded_target() -> Target:
    try:
        from sqlctl.embedded import hold
    except ImportError as error:  # no fcntl, no pwd
        raise ConnectError(
            "no database was given, and the embedded server needs a Unix system",
            hint="name a database with --dsn or DATABASE_URL",
        ) from error
    return Target(hold(), "embedded server", embedded=True)


def _checked(dsn: str, origin: str) -> str:
    """The dsn, if it looks like one; libpq reads it in full when connecting."""
    if not dsn.strip():
        raise _bad_dsn(origin, "it is empty")
    scheme = re.match(r"[A-Za-z][\w+.-]*(?=://)", dsn)
    if scheme and scheme.group() not in ("postgresql", "postgres"):
        raise _bad_dsn(origin, f"it begins with {scheme.group()}://")
    if not scheme and "=" not in dsn:
        raise _bad_dsn(origin, "it is neither postgresql://... nor key=value pairs")
    return dsn


def _bad_dsn(origin: str, reason: str) -> click.UsageError:
    return click.UsageError(
        f"{origin} is no PostgreSQL address: {reason}\n"
        "  expected: postgresql://USER@HOST:PORT/DATABASE, or 'host=HOST dbname=DATABASE user=USER'"
    )


def _without_secrets(message: str, conninfo: str) -> str:
    """libpq quotes what it could not parse, and that may be a piece of a password."""
    if re.search("password|@", conninfo):
        message = re.sub(r'"[^"]*"', '"..."', message)
    return message.strip()


def _refuse_ambiguous(target: Target, given: Mapping[str, str]) -> None:
    """A password with a bare @ : or / moves into the host or the database name, and libpq would print it."""
    if "://" not in target.conninfo:
        return
    host, port, dbname = (given.get(name, "") for name in ("host", "port", "dbname"))
    hosts_misread = any("@" in part[1:] for part in host.split(","))
    port_misread = not re.fullmatch(r"[\d,]*", port)
    if hosts_misread or port_misread or ("@" in dbname and "user" not in given):
        raise _bad_dsn(target.origin, "write @ : / in a password as %40 %3A %2F")


def _public_parts(conninfo: str) -> dict[str, str]:
    if "://" not in conninfo:
        pairs: list[tuple[str, str]] = _PAIR.findall(conninfo)
        return {name: re.sub(r"\\(.)", r"\1", text.strip("'")) for name, text in pairs if name in _SHOWN}
    try:
        url = urlsplit(conninfo)
        parts: dict[str, object] = {
            "host": url.hostname,
            "port": url.port,
            "user": url.username,
            "dbname": url.path.lstrip("/"),
        }
    except ValueError:
        return {}
    if "@" in url.path:  # a piece of a password that was not percent-encoded
        return {}
    parts.update(parse_qsl(url.query))
    return {name: unquote(str(value)) for name, value in parts.items() if value and name in _SHOWN}
