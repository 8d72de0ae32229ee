"""Options that commands share, so that they are named and explained alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def database_option(command: Command) -> Command:
    """--dsn -> dsn: str | None, for target.resolve_target()."""
    return click.option(
        "--dsn",
        metavar="CONNINFO",
        help="The database, as postgresql://... or 'host=... dbname=...'. Else SQLCTL_DATABASE_URL, "
        "DATABASE_URL, PG* variables, the embedded server.",
    )(command)


def json_option(command: Command) -> Command:
    """--json -> as_json: bool."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")(command)


def verbose_option(command: Command) -> Command:
    """-v -> verbose: int (-vv shows tracebacks)."""
    return click.option("-v", "--verbose", count=True, help="Say more; -vv shows tracebacks.")(command)


def quiet_option(command: Command) -> Command:
    """-q -> quiet: bool."""
    return click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")(command)


def yes_option(command: Command) -> Command:
    """--yes -> yes: bool."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)
