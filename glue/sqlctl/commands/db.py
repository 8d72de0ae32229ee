"""sqlctl db: the embedded server."""

from __future__ import annotations

from typing import Any

import click

from sqlctl.binaries import find_binaries
from sqlctl.embedded import DATABASE, Embedded
from sqlctl.errors import SqlctlError
from sqlctl.options import json_option, yes_option
from sqlctl.output import note, print_json, print_pairs
from sqlctl.target import named_target


@click.group()
def db() -> None:
    """Start, stop, show or destroy the embedded server.

    Commands start it when they need it, and the last one to end stops it. `db start` keeps it running.

    \b
    Examples:
      sqlctl db start      keep it running until db stop
      sqlctl db info       where it is, whether it runs, how to connect
    """


@db.command()
@click.option(
    "--empty", is_flag=True, help="Begin with an empty server beside the data of an older PostgreSQL."
)
@json_option
def start(empty: bool, as_json: bool) -> None:
    """Start the embedded server and keep it running until `sqlctl db stop`.

    \b
    Example:
      sqlctl db start
    """
    embedded = Embedded()
    with embedded.use(empty=empty):
        embedded.keep()
        _show(_facts(embedded), as_json)
    named = named_target(None)
    if named is not None:
        note(f"other commands do not use it: they use {named.describe()}")


@db.command()
@click.option("--now", is_flag=True, help="Disconnect whoever uses it.")
def stop(now: bool) -> None:
    """Stop the embedded server. While somebody uses it: exit 75, and it stops when the last user ends.

    \b
    Example:
      sqlctl db stop
    """
    embedded = Embedded()
    was_running = embedded.running()
    embedded.stop(now=now)
    note("the embedded server is stopped" if was_running else "the embedded server was not running")


@db.command()
@json_option
def info(as_json: bool) -> None:
    """Show where the embedded server is and whether it runs. Starts nothing.

    \b
    Example:
      sqlctl db info --json
    """
    _show(_facts(Embedded()), as_json)


@db.command()
@click.option("--now", is_flag=True, help="Disconnect whoever uses it.")
@yes_option
def destroy(now: bool, yes: bool) -> None:
    """Delete the embedded server and ALL its data.

    \b
    Example:
      sqlctl db destroy --yes
    """
    embedded = Embedded()
    files = embedded.home.files()
    if not files:
        note(f"there is no embedded server in {embedded.home.folder}")
        return
    if not yes:
        note("this deletes, for ever:\n" + "\n".join(f"  {path}" for path in files))
        click.confirm("Delete?", abort=True, err=True)
    for path in embedded.destroy(now=now):
        note(f"deleted {path}")


def _facts(embedded: Embedded) -> dict[str, Any]:
    try:
        binaries = find_binaries()
    except SqlctlError as error:
        binaries, problem = None, error.message
    running = embedded.running()
    server = running or (embedded.server(binaries.major) if binaries else None)
    return {
        "running": running is not None,
        "kept": embedded.kept(),
        "pid": running.pid() if running else None,
        "database": DATABASE,
        "conninfo": server.conninfo(DATABASE) if server else None,
        "home": str(embedded.home.folder),
        "data": [str(embedded.home.datadir(major)) for major in embedded.home.majors()],
        "log": str(server.log) if server else None,
        "programs": str(binaries.bindir) if binaries else None,
        "programs_version": binaries.version if binaries else None,
        "programs_origin": binaries.origin if binaries else problem,
        "used_by": embedded.home.user_pids(),
    }


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    state = "running" if facts["running"] else "stopped" if facts["data"] else "not created yet"
    if facts["running"] and facts["kept"]:
        state += ", kept until: sqlctl db stop"
    programs = f"{facts['programs_version']}, {facts['programs_origin']}" if facts["programs"] else None
    pairs = {
        "state": state,
        "pid": facts["pid"],
        "conninfo": facts["conninfo"],
        "data": ", ".join(facts["data"]),
        "log": facts["log"],
        "programs": programs or facts["programs_origin"],
        "used by": ", ".join(str(pid) for pid in facts["used_by"]),
    }
    print_pairs((name, value) for name, value in pairs.items() if value)
