"""sqlctl psql: psql on the chosen database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

import click

from sqlctl.binaries import find_psql
from sqlctl.options import database_option
from sqlctl.target import Target, libpq_parameters, resolve_target

SEARCH_PATH = "-c search_path=fleet,public"


@click.command(
    # psql's own -h is the host, so only --help is ours.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@database_option
@click.argument("psql_args", nargs=-1, type=click.UNPROCESSED)
def psql(dsn: str | None, psql_args: tuple[str, ...]) -> None:
    """Open psql on the chosen database, with search_path set to fleet, public.

    All other options and arguments are psql's own, and so is the exit code.

    \b
    Examples:
      sqlctl psql
      sqlctl psql -c 'table ps_sessions'
      sqlctl psql -X -A -t -f report.sql
    """
    program = find_psql()
    environment = psql_environment(resolve_target(dsn))
    sys.exit(_run([str(program), *psql_args], environment))


def psql_environment(target: Target) -> dict[str, str]:
    """The environment in which psql finds the target.

    In variables, not in a conninfo argument: every user of this machine can read arguments, and psql drops
    the whole conninfo (the host too!) when it is also given -d.
    """
    import psycopg

    environment = dict(os.environ)
    parameters = libpq_parameters(target)
    service = parameters.pop("service", None) or environment.pop("PGSERVICE", None)
    if service:
        # As a variable a service would win over the parameters given beside it: look it up now.
        os.environ["PGSERVICE"] = service
        defaults = psycopg.pq.Conninfo.get_defaults()
        found = {option.keyword.decode(): option.val.decode() for option in defaults if option.val}
        del found["service"]
        parameters = {**found, **parameters}
    for option in psycopg.pq.Conninfo.get_defaults():
        value = parameters.get(option.keyword.decode())
        if option.envvar and value:
            environment[option.envvar.decode()] = value
    environment["PGOPTIONS"] = f"{SEARCH_PATH} {environment.get('PGOPTIONS', '')}".strip()
    return environment


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run psql and stay: this process is a user of the embedded server as long as psql is."""
    process: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: FrameType | None) -> None:
        if process is not None:
            process.send_signal(number)

    # The terminal sends Ctrl-C to psql as well, and psql knows what to do with it. (Not SIG_IGN: psql
    # would inherit it.)
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    process = subprocess.Popen(command, env=environment)
    code = process.wait()
    return code if code >= 0 else 128 - code
