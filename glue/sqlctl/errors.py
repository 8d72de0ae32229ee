"""Errors a person can act on: what happened, why, the next command. The exit code belongs to the class."""

from __future__ import annotations

import os
import sys
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

    def in_one_line(self) -> str:
        next_command = self.next_command and f"run: {self.next_command}"
        parts = (self.message, self.detail, self.hint and f"hint: {self.hint}", next_command)
        return "; ".join(part for part in parts if part)

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


def not_utf8(error: BaseException) -> click.UsageError | None:
    """The usage error behind a UnicodeEncodeError: Python carries foreign bytes as lone surrogates.

    Says where they stand and not what is there, which may hold a password.
    """
    if not isinstance(error, UnicodeEncodeError) or not _is_foreign(error.object[error.start : error.end]):
        return None
    places = {f"argument {number}": text for number, text in enumerate(sys.argv) if number}
    places |= {name: text for name, text in os.environ.items() if text in error.object}
    found = next((place for place, text in places.items() if _is_foreign(text)), "the name of a folder")
    return click.UsageError(f"{found} is not UTF-8")


def _is_foreign(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
