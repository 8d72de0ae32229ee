"""sqlctl call: any function or procedure of schema fleet, its options made from the catalog."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from sqlctl.calling import options_of, run
from sqlctl.catalog import Routine, is_installed, list_routines
from sqlctl.errors import SqlctlError
from sqlctl.options import database_option, json_option, quiet_option
from sqlctl.output import cell_text, note, print_json, print_table
from sqlctl.target import announce, connect, resolve_target

if TYPE_CHECKING:
    import psycopg


@click.command(
    context_settings={"allow_interspersed_args": False},
    epilog="Options of this command may stand before or after NAME.",
)
@database_option
@json_option
@quiet_option
@click.option("--list", "list_all", is_flag=True, help="List all functions with one line each.")
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--ARG VALUE]...")
@click.pass_context
def call(
    ctx: click.Context,
    dsn: str | None,
    as_json: bool,
    quiet: bool,
    list_all: bool,
    name: str | None,
    arguments: tuple[str, ...],
) -> None:
    """Call any function or procedure of schema fleet.

    Its arguments are options without the p_: p_task_id is --task-id. What is not given keeps the default that
    the function has.

    \b
    Examples:
      sqlctl call --list
      sqlctl call get_stalled_spawns --help
      sqlctl call get_stalled_spawns --project demo --json
    """
    if list_all == (name is not None):
        raise click.UsageError(
            "give the NAME of a function, or --list" if not list_all else "--list takes no NAME"
        )
    import psycopg

    from sqlctl.dberrors import from_database_error

    target = resolve_target(_last_dsn(arguments) or dsn)
    wants_help = "--help" in arguments or "-h" in arguments
    announce(target, quiet=wants_help or quiet)
    try:
        with connect(target, application_name="sqlctl call") as connection:
            connection.add_notice_handler(lambda notice: note(f"{notice.severity}: {notice.message_primary}"))
            if name is None:
                _print_list(_routines(connection), as_json)
                return
            routine = _find(connection, name)
            command = routine_command(connection, routine, as_json, quiet=quiet)
            with command.make_context(f"{ctx.command_path} {routine.name}", list(arguments)) as sub_context:
                command.invoke(sub_context)
    except psycopg.Error as error:
        failure = from_database_error(error)
        if name and (error.sqlstate or "").startswith("22"):  # a value that is none of its type
            failure.next_command = f"sqlctl call {name} --help"
        raise failure from error


def _last_dsn(arguments: Sequence[str]) -> str | None:
    """--dsn behind NAME: it is needed before the options of NAME are known."""
    found = None
    for position, argument in enumerate(arguments):
        if argument == "--dsn":
            found = "".join(arguments[position + 1 : position + 2])
        elif argument.startswith("--dsn="):
            found = argument.partition("=")[2]
    return found


def _routines(connection: psycopg.Connection[Any]) -> list[Routine]:
    routines = list_routines(connection)
    if not routines and not is_installed(connection):
        raise SqlctlError("the schema fleet is not installed here", next_command="sqlctl migrate")
    return routines


def _print_list(routines: Sequence[Routine], as_json: bool) -> None:
    if not as_json:
        print_table(
            [{"name": routine.name, "does": routine.summary} for routine in routines], ["name", "does"]
        )
        return
    print_json(
        [
            {
                "name": routine.name,
                "kind": "procedure" if routine.is_procedure else "function",
                "arguments": [
                    {"name": argument.name, "type": argument.type, "default": argument.default}
                    for argument in routine.arguments
                ],
                "returns": routine.result,
                "comment": routine.comment,
            }
            for routine in routines
        ]
    )


def _find(connection: psycopg.Connection[Any], given: str) -> Routine:
    name = given.removeprefix("fleet.").replace("-", "_").lower()
    found = list_routines(connection, name)
    if len(found) > 1:
        raise SqlctlError(f"there are {len(found)} functions fleet.{name}", hint="call it from psql")
    if not found:
        near = difflib.get_close_matches(name, [routine.name for routine in _routines(connection)], n=3)
        raise click.UsageError(
            f"there is no function fleet.{name}"
            + (f"; did you mean {', '.join(near)}?" if near else "")
            + "\n  all of them: sqlctl call --list"
        )
    if any(not argument.name for argument in found[0].arguments):
        raise SqlctlError(f"fleet.{name} has arguments without a name", hint="call it from psql")
    return found[0]


def routine_command(
    connection: psycopg.Connection[Any], routine: Routine, as_json: bool, *, quiet: bool = False
) -> click.Command:
    """The command of one routine, which calls it and prints what it returns."""

    def callback(json_after: bool, **values: Any) -> None:
        result = run(connection, routine, values)
        if quiet:
            return
        if as_json or json_after:
            print_json(result)
        elif not routine.returns_nothing:
            _print_result(result)

    # \b keeps the comment's lines as they were written.
    text = "\n\n".join(f"\b\n{paragraph}" for paragraph in routine.comment.split("\n\n"))
    return click.Command(
        routine.name,
        params=[
            *options_of(routine),
            click.Option(["--json", "json_after"], is_flag=True, help="Print JSON on stdout."),
            click.Option(["--dsn"], expose_value=False, metavar="CONNINFO", help="The database."),
        ],
        callback=callback,
        help=f"{text}\n\nReturns {routine.result}." if routine.result else text,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "token_normalize_func": lambda token: token.replace("_", "-"),
        },
    )


def _print_result(result: Any) -> None:
    rows = result if isinstance(result, list) else [result]
    if rows and isinstance(rows[0], Mapping):
        print_table(rows)
    elif not rows:
        note("no rows")
    else:
        for value in rows:
            click.echo(cell_text(value))
