"""sqlctl drift: a live database against the sheet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqlctl.errors import RefusedError, SqlctlError
from sqlctl.options import database_option, json_option
from sqlctl.output import note, paint, print_json
from sqlctl.target import Target, announce, connect, resolve_target

if TYPE_CHECKING:
    import psycopg

    from sqlctl.drift import Difference, Rows
    from sqlctl.sqlfiles import Tree

_COLOURS = {"different": "yellow", "missing": "red", "extra": "cyan"}


@click.command()
@database_option
@click.option(
    "--scratch-dsn",
    metavar="CONNINFO",
    help="An empty database of the same PostgreSQL major to lay the sheet in; emptied again. Without it a "
    "throwaway server is started.",
)
@json_option
def drift(dsn: str | None, scratch_dsn: str | None, as_json: bool) -> None:
    """Compare a live database with the sheet, object by object: tables, functions, comments, owners, grants.

    Left out: partitions as such, the ledger, other schemas. Shipped rows that were changed are said as notes.
    Exit 0 equal, 1 drift, 3 cannot connect, 5 nothing to compare with.

    \b
    Examples:
      sqlctl drift
      sqlctl drift --scratch-dsn postgresql:///scratch
    """
    from sqlctl.drift import compare_dumps, dump_fleet, missing_rows, odd_partitions, read_rows
    from sqlctl.dump import entries, find_pg_dump
    from sqlctl.sqlfiles import load_tree

    tree = load_tree().require_sound()
    target = resolve_target(dsn)
    announce(target)
    with connect(target, application_name="sqlctl drift", read_only=True) as connection:
        major = connection.info.server_version // 10000
        program = find_pg_dump(major)
        notes = _pending(connection, tree)
        with _sheet(tree, major, scratch_dsn, program) as (sheet, shipped):
            database = dump_fleet(program, _environment(target))
            with connection.transaction():
                notes += missing_rows(shipped, read_rows(connection, shipped))
                odd = odd_partitions(connection)
    differences = compare_dumps(sheet, database) + odd
    compared = len({entry.key for text in (sheet, database) for entry in entries(text)})
    if as_json:
        facts = [asdict(difference) for difference in differences]
        print_json({"drift": bool(differences), "compared": compared, "differences": facts, "notes": notes})
    else:
        show(differences, compared, notes)
    if differences:
        raise click.exceptions.Exit(1)


@contextlib.contextmanager
def _sheet(tree: Tree, major: int, scratch_dsn: str | None, program: Path) -> Iterator[tuple[str, Rows]]:
    """The dump and the rows of a database laid from the sheet."""
    from sqlctl.drift import build_reference, dump_fleet, read_rows
    from sqlctl.scratch import scratch_server

    with contextlib.ExitStack() as stack:
        if scratch_dsn is None:
            server = stack.enter_context(scratch_server(major))
            target = Target(server.conninfo(), "scratch server")
        else:
            target = resolve_target(scratch_dsn)
        with connect(target, application_name="sqlctl drift (scratch)") as connection:
            if scratch_dsn is not None:
                _require_empty(connection, major)
                stack.callback(_empty, target)
            build_reference(connection, tree)
            rows = read_rows(connection)
        yield dump_fleet(program, _environment(target)), rows


def _environment(target: Target) -> dict[str, str]:
    from sqlctl.commands.psql import psql_environment

    return psql_environment(target)


def _require_empty(connection: psycopg.Connection[Any], major: int) -> None:
    if connection.info.server_version // 10000 != major:
        raise RefusedError(f"--scratch-dsn must name a database of PostgreSQL {major}, like the other")
    row = connection.execute(
        "select count(*) from pg_catalog.pg_namespace where nspname in ('fleet', 'fleet_internal')"
    ).fetchone()
    if row and row[0]:
        raise RefusedError(
            "--scratch-dsn names a database that has a schema fleet: it must be an empty one",
            hint="createdb scratch, then --scratch-dsn 'dbname=scratch ...'",
        )


def _empty(target: Target) -> None:
    with connect(target, application_name="sqlctl drift (scratch)") as connection:
        connection.execute("set client_min_messages = warning")
        connection.execute("drop schema if exists fleet, fleet_internal cascade")


def _pending(connection: psycopg.Connection[Any], tree: Tree) -> list[str]:
    """What drift cannot be blamed for."""
    import psycopg

    from sqlctl.dberrors import from_database_error
    from sqlctl.ledger import read_state
    from sqlctl.planning import make_plan

    try:
        with connection.transaction():
            state = read_state(connection)
    except psycopg.Error as error:
        raise from_database_error(error) from None
    if "fleet" not in state.schemas:
        raise SqlctlError("this database has no schema fleet", next_command="sqlctl migrate")
    try:
        plan = make_plan(tree, state)
    except SqlctlError as error:
        return [error.message]
    due = len(plan.pending) + len(plan.sand)
    said = f"{due} files are pending (sqlctl status --pending): what they change is shown as drift"
    return [said] if due else []


def show(differences: list[Difference], compared: int, notes: list[str]) -> None:
    """For a person: each object, and how it differs."""
    for text in notes:
        note(text)
    for difference in differences:
        click.echo(f"{paint(f'{difference.what:<9}', _COLOURS[difference.what])}  {difference.label}")
        if difference.what == "different":
            click.echo("\n".join(f"    {line}" for line in difference.diff.splitlines()))
    if differences:
        click.echo(f"drift: {len(differences)} of {compared} objects differ from the sheet")
    else:
        click.echo(f"no drift: {compared} objects are as the sheet says")
