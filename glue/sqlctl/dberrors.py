"""Database errors as a person should read them: what, why, and the next command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlctl.errors import BusyError, ConnectError, RefusedError, SqlctlError

if TYPE_CHECKING:
    import psycopg

# sqlstate, or its class of two characters -> (what to raise, hint if the server gives none, next command)
_KINDS: dict[str, tuple[type[SqlctlError], str | None, str | None]] = {
    "08": (ConnectError, None, None),
    "57P01": (ConnectError, "the server was shut down, or an administrator ended this session", None),
    "57P02": (ConnectError, "the server crashed and recovers: try again", None),
    "57P03": (ConnectError, "the server starts up, shuts down or recovers: try again", None),
    "53300": (ConnectError, "all connections are taken", None),
    "28": (ConnectError, None, None),
    "55P03": (BusyError, "another session holds the lock: try again", None),
    "40P01": (BusyError, "two sessions waited for each other: try again", None),
    "40001": (BusyError, "another transaction was faster: try again", None),
    "42501": (RefusedError, "ask the database's owner for the role fleet_reader or fleet_writer", None),
    "25006": (RefusedError, "this is a standby or a read-only session: name the primary", None),
    "3F000": (SqlctlError, "the schema fleet is not installed here, or is older", "sqlctl migrate"),
    "42P01": (SqlctlError, "the schema fleet is not installed here, or is older", "sqlctl migrate"),
    "42883": (SqlctlError, "the schema fleet is not installed here, or is older", "sqlctl migrate"),
}

# a piece of libpq's message -> hint
_CONNECTION_HINTS = (
    (r"password authentication failed|no password supplied", "check user and password (or ~/.pgpass)"),
    (r'database ".*" does not exist', "sqlctl never creates a database: createdb, or correct the name"),
    (r'role ".*" does not exist', "name a user who exists on that server"),
    (r"could not translate host name|Name or service not known", "the host name is unknown here"),
    (r"Connection refused|No such file or directory", "does the server run there, on that port?"),
    (r"timeout", "host or network did not answer in time"),
    (r"no pg_hba.conf entry", "the server does not admit this user from this address (pg_hba.conf)"),
    (r"too many (clients|connections)|remaining connection slots", "all connections are taken"),
    (r"starting up|shutting down|recovery mode", "the server starts up, shuts down or recovers: try again"),
    (r"definition of service", "PGSERVICE names no entry of ~/.pg_service.conf"),
)


def from_database_error(error: psycopg.Error, *, where: str | None = None) -> SqlctlError:
    """The error to raise for a failed statement; `where` is a file and line of ours."""
    if error.sqlstate is None and _is_connection_loss(error):
        return ConnectError(
            "the connection to the database was lost", detail=_one_paragraph(str(error)), where=where
        )
    sqlstate = error.sqlstate or ""
    kind, hint, next_command = _KINDS.get(sqlstate) or _KINDS.get(sqlstate[:2]) or (SqlctlError, None, None)
    return kind(
        error.diag.message_primary or _one_paragraph(str(error)) or type(error).__name__,
        sqlstate=error.sqlstate,
        detail=error.diag.message_detail,
        hint=error.diag.message_hint or hint,
        where=where,
        next_command=next_command,
    )


def from_connection_failure(error: psycopg.Error, target: str) -> ConnectError:
    """The error to raise when `target` (described without secrets) could not be reached."""
    reason = _one_paragraph(str(error))
    hint = next((hint for pattern, hint in _CONNECTION_HINTS if re.search(pattern, reason)), None)
    return ConnectError(
        f"cannot connect to the database {target}", sqlstate=error.sqlstate, detail=reason, hint=hint
    )


def _is_connection_loss(error: psycopg.Error) -> bool:
    import psycopg

    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def _one_paragraph(text: str) -> str:
    return " ".join(text.split())
