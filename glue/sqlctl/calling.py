"""From a routine to its command line options, from their values to an SQL call, from its rows to data."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqlctl.catalog import Argument, Routine

if TYPE_CHECKING:
    import psycopg

# Options that every routine's command has of its own.
RESERVED = ("help", "json", "dsn")


def options_of(routine: Routine) -> list[click.Option]:
    """An option for each argument; the parameter's name is the argument's."""
    names = [_option_name(argument.name, bare=True) for argument in routine.arguments]
    return [
        _option(argument, bare=names.count(name) == 1 and name not in RESERVED)
        for argument, name in zip(routine.arguments, names, strict=True)
    ]


def _option_name(name: str, *, bare: bool) -> str:
    return (name.removeprefix("p_") if bare else name).replace("_", "-")


def _option(argument: Argument, *, bare: bool) -> click.Option:
    words = f"default: {argument.default_words}" if argument.default_words else ""
    if argument.element:
        words = f"repeatable, or one '{{...}}'; {words}".rstrip("; ")
    elif argument.is_json:
        words = f"@FILE and - (stdin) are read; {words}".rstrip("; ")
    # `--flag` alone means true; `--flag false` is possible as well.
    more: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if argument.type == "boolean" else {}
    return click.Option(
        [f"--{_option_name(argument.name, bare=bare)}", _parameter(argument)],
        type=JsonText() if argument.is_json else click.UNPROCESSED,
        required=argument.default is None,
        multiple=argument.element is not None,
        metavar=_type_words(argument.element or argument.type),
        help=words or None,
        **more,
    )


def _type_words(name: str) -> str:
    return name.replace("timestamp with time zone", "timestamptz").upper()


def _parameter(argument: Argument) -> str:
    """A name for click that cannot meet one of its own."""
    return f"argument_{argument.name}"


class JsonText(click.ParamType):  # type: ignore[type-arg]
    """JSON as text, from the command line, @FILE, or - for stdin. PostgreSQL gets it as it stands."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            if value == "-":
                text = sys.stdin.read()
            elif value.startswith("@"):
                text = Path(value[1:]).read_text(encoding="utf-8")
            else:
                text = value
            json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            self.fail(f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}", param, ctx)
        except (OSError, ValueError, RecursionError) as error:
            self.fail(str(error), param, ctx)
        return str(text)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"no JSON: {text} is not a JSON number")


def run(connection: psycopg.Connection[Any], routine: Routine, values: Mapping[str, Any]) -> Any:
    """Call it with the options that were given; what it returns as data: a list for a set, else one value."""
    from psycopg import sql

    parts: list[sql.Composable] = []
    parameters: list[Any] = []
    for argument in routine.arguments:
        value = values.get(_parameter(argument))
        if value is None or value == ():
            continue
        cast = argument.type.replace("%", "%%")
        if argument.element:
            value = _array(argument, value)
            cast = cast if isinstance(value, str) else f"text[]::{cast}"
        parameters.append(value)
        parts.append(
            sql.SQL("{}{} => %s::{}").format(
                sql.SQL("variadic " if argument.variadic else ""),
                sql.Identifier(argument.name),
                sql.SQL(cast),
            )
        )
    statement = sql.SQL("call {}({})" if routine.is_procedure else "select * from {}({})").format(
        sql.Identifier("fleet", routine.name), sql.SQL(", ").join(parts)
    )
    cursor = connection.execute(statement, parameters)
    if cursor.description is None or routine.returns_nothing:
        return None
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    if not routine.returns_row and not routine.is_procedure:
        rows = [row[names[0]] for row in rows]
    if routine.returns_set:
        return rows
    return rows[0] if rows else None


def _array(argument: Argument, given: tuple[str, ...]) -> str | list[str]:
    """One '{...}' is an array as PostgreSQL writes it, which can hold NULL; json begins with { by itself."""
    is_literal = len(given) == 1 and given[0].startswith("{") and given[0].endswith("}")
    return given[0] if is_literal and argument.element not in ("json", "jsonb") else list(given)
