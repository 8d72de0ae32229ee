"""What the first run needs: the roles and the ledger, each made in its own short transaction."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from sqlctl.dberrors import from_database_error
from sqlctl.errors import RefusedError, SqlctlError
from sqlctl.ledger import ROLES, State, create_dbmate_table, create_ledger, read_state
from sqlctl.sqlfiles import Tree
from sqlctl.sqltext import quoted_name

if TYPE_CHECKING:
    import psycopg

# Two first runs at once: the slower one finds what it was about to make.
_RACES = {"23505", "42P06", "42P07", "42710", "55P03", "40P01", "XX000"}
_ATTEMPTS = 40
SCHEMAS = {"sqlctl", "fleet", "fleet_internal"}


def ensure_prerequisites(
    connection: psycopg.Connection[Any], tree: Tree, schema: str | None, *, command: str = "sqlctl migrate"
) -> None:
    """Make roles and ledger where they are missing; where we may not, refuse with the exact statements.

    `command` is what to run after those.
    """
    import psycopg

    for attempt in range(_ATTEMPTS):
        state = read_state(connection, schema)
        if _has_roles(state) and state.has_ledger:
            return
        _refuse_without_privileges(connection, state)
        try:
            if not _has_roles(state):
                with connection.transaction():
                    connection.execute(tree.roles_sql.encode())
            if not state.has_ledger:
                with connection.transaction():
                    connection.execute("set local lock_timeout = '1s'")
                    connection.execute(create_ledger(state.schema).encode())
                    connection.execute(create_dbmate_table(state.schema).encode())
        except psycopg.errors.InsufficientPrivilege as error:
            refusal = _refusal(connection, read_state(connection, schema), error)
            refusal.next_command = command
            raise refusal from None
        except psycopg.Error as error:
            if error.sqlstate not in _RACES or attempt == _ATTEMPTS - 1:
                raise from_database_error(error) from None
            time.sleep(random.uniform(0.01, 0.1))


def _has_roles(state: State) -> bool:
    return state.roles == set(ROLES) and state.is_owner_member


def _refuse_without_privileges(connection: psycopg.Connection[Any], state: State) -> None:
    """Ask before the first write, so that a refusal leaves nothing behind."""
    row = connection.execute(
        """select r.rolsuper or r.rolcreaterole, has_database_privilege(current_database(), 'create'),
             coalesce((select has_schema_privilege(n.oid, 'create') from pg_catalog.pg_namespace as n
                       where n.nspname = %s), true)
           from pg_catalog.pg_roles as r where r.rolname = current_user""",
        [state.schema],
    ).fetchone()
    assert row is not None
    may_create_roles, may_create_schemas, may_create_table = row
    schemas_missing = not state.schemas >= SCHEMAS
    roles_missing = state.roles != set(ROLES)
    is_closed = state.dbmate_columns is None and not may_create_table
    if (roles_missing and not may_create_roles) or (schemas_missing and not may_create_schemas):
        error = _refusal(connection, state)
        error.next_command = "sqlctl migrate" + (" --ledger-schema sqlctl" if is_closed else "")
        raise error
    if is_closed:
        raise RefusedError(
            f"schema {state.schema} is closed to you, so dbmate's schema_migrations cannot be made there",
            hint="put it beside our own ledger",
            next_command="sqlctl migrate --ledger-schema sqlctl",
        )


def _refusal(
    connection: psycopg.Connection[Any], state: State, error: psycopg.Error | None = None
) -> SqlctlError:
    """The statements that somebody with more rights must run first."""
    row = connection.execute(
        """select current_user::text, current_database()::text,
             has_database_privilege(current_database(), 'create'),
             (select rolsuper or rolcreaterole from pg_catalog.pg_roles where rolname = current_user)"""
    ).fetchone()
    assert row is not None
    user, database, may_create_schemas, may_create_roles = row
    missing = [] if may_create_roles else [role for role in ROLES if role not in state.roles]
    statements = [f"create role {role} nologin;" for role in missing]
    if "fleet_auditor" in missing:
        statements.append("grant fleet_reader to fleet_auditor;")
    if not state.is_owner_member and (not may_create_roles or "fleet_owner" in state.roles):
        statements.append(f"grant fleet_owner to {quoted_name(user)};")
    if not may_create_schemas and not state.schemas >= SCHEMAS:
        statements.append(f"grant create on database {quoted_name(database)} to {quoted_name(user)};")
    if not statements:
        return from_database_error(error) if error else SqlctlError("roles are missing")
    lines = "\n".join(f"  {statement}" for statement in statements)
    if state.roles == set(ROLES) and state.schemas >= SCHEMAS:
        return RefusedError(
            f"{user} is no member of fleet_owner, to whom everything here belongs. "
            f"If that is to change, let a superuser run:\n{lines}",
            sqlstate="42501",
        )
    return RefusedError(
        f"{user} may not make what is missing. Let a superuser (or the owner of the database) run:\n{lines}",
        sqlstate="42501",
        detail=error.diag.message_primary if error else None,
    )
