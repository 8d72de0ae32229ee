"""The `sqlctl` command: a table of names. Every command's module is imported only when it is called."""

from __future__ import annotations

import contextlib
import importlib
import sys

import click

from sqlctl import __version__, streams
from sqlctl.errors import SqlctlError, not_utf8
from sqlctl.output import note

NOT_ANSWERED = 1
INTERRUPTED = 128 + 2  # as the shell counts SIGINT

# name -> (module, attribute, one line for --help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "migrate": ("sqlctl.commands.migrate", "migrate", "Bring the database up to this version."),
    "status": ("sqlctl.commands.status", "status", "Show the ledger and the fleet at a glance."),
    "down": ("sqlctl.commands.down", "down", "Revert migrations, newest first."),
    "new": ("sqlctl.commands.new", "new", "Write a new migration file from a template."),
    "render": ("sqlctl.commands.render", "render", "Write what migrate would do as one psql script."),
    "drift": ("sqlctl.commands.drift", "drift", "Compare a live database with the sheet."),
    "check": (
        "sqlctl.commands.check",
        "check",
        "Look at the fleet; exit 0 ok, 1 warning, 2 critical, 3 unknown.",
    ),
    "call": ("sqlctl.commands.call", "call", "Call any function of the API."),
    "spawn": ("sqlctl.commands.spawn", "spawn", "Run a command as a registered spawn."),
    "psql": ("sqlctl.commands.psql", "psql", "Open psql on the chosen database."),
    "db": ("sqlctl.commands.db", "db", "Start, stop, show or destroy the embedded server."),
    "version": ("sqlctl.commands.version", "version", "Show the versions of sqlctl, driver, server, schema."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and help lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sqlctl")
def cli() -> None:
    """How is my fleet of AI agents? The database itself answers.

    \b
    First steps:
      sqlctl migrate     create or update the schema fleet
      sqlctl check       look at the fleet (what cron runs)
      sqlctl call --list everything the database offers

    The database is chosen by --dsn, else SQLCTL_DATABASE_URL, else DATABASE_URL, else PG* variables, else the
    embedded server.
    """


def main() -> None:
    """Run the command. The exit code, and what no command foresaw, without a traceback."""
    streams.open_closed()
    try:
        code = cli.main(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt) as end:
        unanswered = isinstance(end.__context__, EOFError)  # click makes an Abort of it as well
        note("sqlctl: not answered" if unanswered else "sqlctl: interrupted")
        code = NOT_ANSWERED if unanswered else INTERRUPTED
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except click.ClickException as error:
        code = _show(error)
    except Exception as error:
        if "-vv" in sys.argv:
            raise
        code = _show(_explain(error))
    sys.exit(streams.finish(code if isinstance(code, int) else 0))


def _show(error: click.ClickException) -> int:
    with contextlib.suppress(OSError):
        error.show()
    return error.exit_code


def _explain(error: Exception) -> click.ClickException:
    """What no command foresaw, for a person."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is not None and isinstance(error, psycopg.Error):
        from sqlctl.dberrors import from_database_error

        return from_database_error(error)
    lost = streams.lost_output(error)
    if lost:
        return SqlctlError(lost)
    return not_utf8(error) or SqlctlError(
        f"internal error: {type(error).__name__}: {error}",
        hint="this is a fault of sqlctl; -vv shows where",
    )
