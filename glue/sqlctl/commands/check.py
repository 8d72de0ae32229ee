"""sqlctl check: what cron runs. Whatever happens here, it never says OK without having looked."""

from __future__ import annotations

import contextlib
import math
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

import click

from sqlctl import streams
from sqlctl.checkformats import format_human, format_json, format_nagios, format_prometheus, status_line
from sqlctl.errors import SqlctlError, not_utf8
from sqlctl.findings import EXIT_CODES, Report, report_failure, report_findings
from sqlctl.guard import GuardError, run_guarded
from sqlctl.host import host_name
from sqlctl.options import database_option, quiet_option, verbose_option
from sqlctl.output import note, paint, print_json, print_table
from sqlctl.replacefile import replace_file

UNKNOWN = EXIT_CODES["unknown"]
COLOURS = {"ok": "green", "warning": "yellow", "critical": "red", "unknown": "magenta"}


@dataclass(frozen=True)
class Options:
    """How a report leaves the house."""

    dsn: str | None
    names: tuple[str, ...]
    output_format: str
    fail_on: str
    quiet: bool
    verbose: int
    timeout: float
    output: Path | None


class CheckCommand(click.Command):
    """Exit code 2 means critical here, so click's 2 for bad usage becomes 3, as does anything unforeseen."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except click.UsageError as error:
            _end_unknown(f"{error.format_message()}; see sqlctl check --help")
        except OSError as error:  # --help could not be written
            _end_unknown(_words(error), error)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, SystemExit):
            raise
        except BaseException as error:
            _end_unknown(_words(error), error)


def _end_unknown(text: str, error: BaseException | None = None) -> NoReturn:
    lost = streams.lost_output(error)
    line = status_line("unknown", lost or text)
    try:
        click.echo(line, err=lost is not None)
    except OSError:
        streams.discard(sys.stdout)
        note(line)
    raise SystemExit(UNKNOWN)


def _words(error: BaseException) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return "interrupted by SIGINT"
    if isinstance(error, OSError):
        return str(error)
    foreign = not_utf8(error)
    if foreign:
        return foreign.format_message()
    return f"a bug in sqlctl: {type(error).__name__}: {error}"


def _positive(_: click.Context, __: click.Parameter, value: float) -> float:
    if not (math.isfinite(value) and 0 < value <= 86400):
        raise click.BadParameter("give seconds, more than 0 and at most 86400")
    return value


@click.command(cls=CheckCommand)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["human", "nagios", "json", "prometheus"]),
    default="human",
    help="Default: human.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--fail-on",
    type=click.Choice(["warning", "unknown", "critical"]),
    default="warning",
    help="critical and unknown waive warnings: these then give 0. What could not be looked at (unknown) "
    "always gives 3. Default: warning.",
)
@click.option(
    "--timeout", type=float, default=30, callback=_positive, help="Seconds for the whole run. Default: 30."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, replacing it whole."
)
@click.option("--list", "list_types", is_flag=True, help="List the kinds of check.")
@quiet_option
@verbose_option
@database_option
def check(
    names: tuple[str, ...],
    output_format: str,
    as_json: bool,
    fail_on: str,
    timeout: float,
    output: Path | None,
    list_types: bool,
    quiet: bool,
    verbose: int,
    dsn: str | None,
) -> None:
    """Look at the fleet, as cron does.

    Reads the times and last lines of the output files of this host (SQLCTL_HOST overrides its name), records
    them, runs the checks NAME (default: all), and prints what they found.

    Exit code: 0 ok, 1 warning, 2 critical or the database cannot be reached, 3 unknown (bad arguments,
    missing privilege, timeout). Of several, the worst: critical, unknown, warning, ok.

    With -q nothing is printed where the exit code is 0.

    \b
    Examples:
      */10 * * * *  sqlctl check -q
      sqlctl check spawn --format nagios
      sqlctl check --format prometheus --output /var/lib/node_exporter/fleet.prom
    """
    options = Options(
        dsn, names, "json" if as_json else output_format, fail_on, quiet, verbose, timeout, output
    )
    work = _list if list_types else _check
    try:
        raise SystemExit(run_guarded(lambda: work(options), timeout))
    except GuardError as error:
        raise SystemExit(_deliver(_failed(SqlctlError(str(error))), options)) from None


def _check(options: Options) -> int:
    try:
        report = _look(options)
    except Exception as error:
        report = _failed(_as_failure(error, options))
    return _deliver(report, options)


def _look(options: Options) -> Report:
    from sqlctl.checkrun import CheckRun
    from sqlctl.target import announce, resolve_target

    target = resolve_target(options.dsn)
    announce(target, quiet=options.quiet)
    at = datetime.now(timezone.utc)
    with contextlib.closing(CheckRun(target, options.timeout)) as run:
        return report_findings(run.look(options.names, host_name()), at, host_name())


def _list(options: Options) -> int:
    from sqlctl.checkrun import CheckRun
    from sqlctl.target import resolve_target

    try:
        with contextlib.closing(CheckRun(resolve_target(options.dsn), options.timeout)) as run:
            rows = run.list_check_types()
    except Exception as error:
        return _deliver(_failed(_as_failure(error, options)), options)
    if options.output_format == "json":
        print_json(rows)
    else:
        print_table(rows)
    return 0


def _as_failure(error: Exception, options: Options) -> SqlctlError:
    import psycopg

    from sqlctl.dberrors import from_database_error

    if isinstance(error, psycopg.errors.QueryCanceled):
        return SqlctlError(
            f"not finished after {options.timeout:g} s", detail="the database was still at work"
        )
    if isinstance(error, psycopg.Error):
        return from_database_error(error)
    if isinstance(error, SqlctlError):
        return error
    if options.verbose > 1:
        traceback.print_exc()
    return SqlctlError(_words(error))


def _failed(error: SqlctlError) -> Report:
    return report_failure(error, datetime.now(timezone.utc), host_name())


def _deliver(report: Report, options: Options) -> int:
    """Print or write the report; its exit code."""
    code = report.exit_code(options.fail_on)
    text = _formatted(report, options, code)
    if options.output:
        replace_file(options.output, text)
        text = status_line(report.status, report.summary) + "\n"
    if not (options.quiet and code == 0):
        try:
            click.echo(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"), nl=False)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader had enough; the exit code still tells
            streams.discard(sys.stdout)
        except OSError as error:
            streams.discard(sys.stdout)
            note(status_line("unknown", f"cannot write stdout: {error.strerror}"))
            return UNKNOWN
    return code


def _formatted(report: Report, options: Options, code: int) -> str:
    if options.output_format == "json":
        return format_json(report, code)
    if options.output_format == "prometheus":
        return format_prometheus(report)
    if options.output_format == "nagios":
        return format_nagios(report)
    on_terminal = sys.stdout.isatty() and not options.output
    return format_human(
        report,
        # People do not read performance data; whoever does reads a pipe.
        performance=not on_terminal,
        paint=lambda text, status: paint(text, COLOURS[status]) if on_terminal else text,
    )
