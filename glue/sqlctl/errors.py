"""Errors a person can act on: what happened, why, the next command. The exit code belongs to the class."""

from __future__ import annotations

from typing import IO, Any

import click


class SqlctlError(click.ClickException):
    """The SQL failed, or something is pending."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
        where: str | None = None,
        next_command: str | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
        self.where = where
        self.next_command = next_command

    def format_message(self) -> str:
        lines = [self.message]
        for label, value in (
            ("sqlstate", self.sqlstate),
            ("detail", self.detail),
            ("hint", self.hint),
            ("where", self.where),
            ("next", self.next_command),
        ):
            if value:
                lines.append(f"  {label + ':':<10}{value}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The same facts for --json."""
        return {
            "error": self.message,
            "sqlstate": self.sqlstate,
            "detail": self.detail,
            "hint": self.hint,
            "where": self.where,
            "next": self.next_command,
            "exit_code": self.exit_code,
        }

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"sqlctl: error: {self.format_message()}", file=file, err=file is None)


class ConnectError(SqlctlError):
    """The database cannot be reached."""

    exit_code = 3


class RefusedError(SqlctlError):
    """Going on would be wrong: tampered, out of order, unknown file, missing privilege."""

    exit_code = 5


class NeedsRepairError(SqlctlError):
    """An earlier run left something half done that a person must decide on."""

    exit_code = 7


class BusyError(SqlctlError):
    """Somebody else holds what is needed: try again (EX_TEMPFAIL)."""

    exit_code = 75
