"""sqlctl spawn: run a command as a registered spawn."""

from __future__ import annotations

import os
import shlex
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from sqlctl.errors import ConnectError, SqlctlError
from sqlctl.host import host_name
from sqlctl.options import database_option, quiet_option
from sqlctl.output import note
from sqlctl.spawning import Ending, default_output, default_project, open_output, run_command
from sqlctl.target import Target, announce, connect, resolve_target

SECONDS_TO_REPORT = 5.0
SECONDS_BETWEEN = 0.5

_REGISTER = """
select fleet.register_spawn(
  p_project => %s::text, p_task_id => %s::text, p_task_type => %s::text, p_description => %s::text,
  p_output_file => %s::text, p_parent_task_id => %s::text, p_host => %s::text, p_event_id => %s::uuid)
"""
_COMPLETE = "select fleet.complete_spawn(p_project => %s::text, p_task_id => %s::text, p_exit_code => 0)"
_FAIL = """
select fleet.fail_spawn(
  p_project => %s::text, p_task_id => %s::text, p_error_message => %s::text, p_exit_code => %s::integer,
  p_failure_reason => %s::text)
"""


@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--project",
    envvar="SQLCTL_PROJECT",
    help="Default: SQLCTL_PROJECT, else the folder's or checkout's name.",
)
@click.option("--task-id", help="Default: the command's name, the time and a number.")
@click.option("--task-type", help="Such as research; limits of silence can depend on it.")
@click.option("--description", help="Default: the command's name.")
@click.option("--parent-task-id", help="The task that this one works for.")
@click.option(
    "--output-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: a file under SQLCTL_HOME.",
)
@quiet_option
@database_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARG]...")
@click.pass_context
def spawn(
    ctx: click.Context,
    project: str | None,
    task_id: str | None,
    task_type: str | None,
    description: str | None,
    parent_task_id: str | None,
    output_file: Path | None,
    quiet: bool,
    dsn: str | None,
    command: tuple[str, ...],
) -> None:
    """Run a command as a registered spawn.

    Registers the spawn, runs the command with its output in a file (a previous one is kept as FILE.1),
    completes or fails the spawn. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on, and fail it.

    The exit code is the command's: 128 + n if signal n ended it, 127 if there is no such command. If the
    database refuses the spawn (1) or cannot be reached (3) at the start, the command is not run. If its end
    cannot be recorded within 5 seconds, stderr says so and how to do it; the exit code stays the command's.

    \b
    Examples:
      sqlctl spawn -- make nightly
      sqlctl spawn --project demo --task-id t1 --task-type research -- agent --prompt 'Hello; $HOME'
    """
    if not command[0]:
        raise click.UsageError("the command is empty")
    name = Path(command[0]).name or command[0]
    project = project or default_project(Path.cwd())
    task_id = task_id or f"{name[:100]}-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{os.getpid()}"
    path = _output_path(output_file, project, task_id)
    target = resolve_target(dsn)
    announce(target, quiet=quiet)
    values = (
        project,
        task_id,
        task_type,
        description or name,
        str(path),
        parent_task_id,
        host_name(),
        uuid.uuid4(),
    )
    _execute(target, _REGISTER, values)
    if not quiet:
        note(f"spawn: {project}/{task_id} started; output: {path}")
    ending = _run(command, path)
    _report(target, project, task_id, ending, quiet=quiet)
    ctx.exit(ending.exit_code)


def _output_path(given: Path | None, project: str, task_id: str) -> Path:
    from sqlctl.embedded import home

    return (given or default_output(home(), project, task_id)).absolute()


def _run(command: tuple[str, ...], path: Path) -> Ending:
    try:
        output = open_output(path)
    except OSError as error:
        return Ending(1, "output_file", f"cannot write {path}: {error.strerror}")
    try:
        return run_command(command, output, path)
    finally:
        os.close(output)


def _report(target: Target, project: str, task_id: str, ending: Ending, *, quiet: bool) -> None:
    """Record the end, trying again while the database cannot be reached; the work is done in any case."""
    statement = _COMPLETE
    values: tuple[Any, ...] = (project, task_id)
    if ending.reason:
        statement = _FAIL
        # A command that a signal ended may have tidied up and left with 0.
        values += (ending.message, ending.exit_code or None, ending.reason)
    deadline = time.monotonic() + SECONDS_TO_REPORT
    while True:
        try:
            _execute(target, statement, values)
            break
        except ConnectError as error:
            if time.monotonic() >= deadline:
                _lost(project, task_id, ending, error)
                return
            time.sleep(SECONDS_BETWEEN)
        except SqlctlError as error:
            _lost(project, task_id, ending, error)
            return
        except KeyboardInterrupt:
            _lost(project, task_id, ending, SqlctlError("interrupted by SIGINT"))
            return
    if not quiet or ending.reason in ("command_not_found", "not_executable", "output_file"):
        note(f"spawn: {project}/{task_id} " + (f"failed: {ending.message}" if ending.reason else "completed"))


def _lost(project: str, task_id: str, ending: Ending, error: SqlctlError) -> None:
    call = ["complete-spawn", "--project", project, "--task-id", task_id]
    if ending.reason:
        call = [
            "fail-spawn",
            *call[1:],
            "--error-message",
            ending.message or "",
            "--failure-reason",
            ending.reason,
        ]
        if ending.exit_code:
            call += ["--exit-code", str(ending.exit_code)]
    SqlctlError(
        f"{project}/{task_id} ended with exit code {ending.exit_code}, not recorded: {error.message}",
        sqlstate=error.sqlstate,
        detail=error.detail,
        hint=error.hint,
        next_command=f"sqlctl call {shlex.join(call)}",
    ).show()


def _execute(target: Target, statement: str, values: tuple[Any, ...]) -> None:
    import psycopg

    from sqlctl.dberrors import from_database_error

    try:
        with connect(target, application_name="sqlctl spawn") as connection:
            connection.execute(statement.encode(), values)
    except psycopg.Error as error:
        raise from_database_error(error) from error
