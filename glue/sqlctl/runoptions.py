"""Options of the commands that change the schema: how long to wait for locks, where dbmate's table is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)")
_LONGEST = 24 * 3600.0
Command = TypeVar("Command", bound=Callable[..., Any])


class Duration(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no subscript
    """Seconds, at least `shortest` and at most a day."""

    name = "duration"

    def __init__(self, shortest: float = 0.0) -> None:
        self.shortest = shortest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no duration: write 50ms, 60s, 10min or 1h", param, ctx)
        seconds = float(match.group(1)) * _UNITS[match.group(2)]
        if not self.shortest <= seconds <= _LONGEST:
            self.fail(f"{value!r} is not between {self.shortest:g} s and 24 h", param, ctx)
        return seconds


def ledger_schema_option(command: Command) -> Command:
    """--ledger-schema -> ledger_schema: str | None."""
    return click.option(
        "--ledger-schema",
        metavar="SCHEMA",
        envvar="SQLCTL_LEDGER_SCHEMA",
        show_envvar=True,
        callback=_plain_name,
        help="Schema of dbmate's table schema_migrations, chosen at the first run (default: public).",
    )(command)


def _plain_name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", value):
        raise click.BadParameter(f"{value!r} is no plain name of a schema")
    return value


def lock_options(command: Command) -> Command:
    """--lock-timeout, --lock-wait -> lock_timeout, lock_wait: float seconds."""
    command = click.option(
        "--lock-wait",
        type=Duration(),
        default="60s",
        show_default=True,
        help="How long to go on trying while others hold locks; then exit 75.",
    )(command)
    return click.option(
        "--lock-timeout",
        type=Duration(shortest=0.001),
        default="50ms",
        show_default=True,
        help="How long one try waits for a lock, and so makes others wait.",
    )(command)
