"""sqlctl spawn: run a command as a registered spawn."""

from __future__ import annotations

import os
import shlex
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from sqlctl.errors import ConnectError, SqlctlError
from sqlctl.host import host_name
from sqlctl.options import database_option, quiet_option
from sqlctl.output import note
from sqlctl.serverhome import home
from sqlctl.spawning import Ending, default_project, run_command
from sqlctl.spawnoutput import NewOutput, default_output, remove_forgotten
from sqlctl.target import Target, announce, connect, resolve_target

SECONDS_TO_REPORT = 5.0
SECONDS_BETWEEN = 0.5

_REGISTER = """
select fleet.register_spawn(
  p_project => %s::text, p_task_id => %s::text, p_task_type => %s::text, p_description => %s::text,
  p_output_file => %s::text, p_parent_task_id => %s::text, p_host => %s::text, p_event_id => %s::uuid)
"""
_COMPLETE = """
select fleet.complete_spawn(
  p_project => %s::text, p_task_id => %s::text, p_spawn_id => %s::bigint, p_exit_code => 0)
"""
_FAIL = """
select fleet.fail_spawn(
  p_project => %s::text, p_task_id => %s::text, p_spawn_id => %s::bigint, p_error_message => %s::text,
  p_exit_code => %s::integer, p_failure_reason => %s::text)
"""


@dataclass(frozen=True)
class Attempt:
    """What this process runs: a later attempt at the same task is none of its business."""

    project: str
    task_id: str
    spawn_id: int

    @property
    def name(self) -> str:
        return f"{self.project}/{self.task_id}"


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
    help="Default: a file in SQLCTL_HOME/outputs, kept until it has not been written to for 30 days.",
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
    completes or fails the spawn. SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on, and fail it; SIGUSR1
    and SIGUSR2 are passed on.

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
    path = (output_file or default_output(home(), project, task_id)).absolute()
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
    if output_file is None:
        remove_forgotten(path.parent)
    output = _open(path)
    if output_file is None and isinstance(output, NewOutput):
        output.hold()
    attempt = Attempt(project, task_id, _register(target, values, output))
    if not quiet:
        note(f"spawn: {attempt.name} started; output: {path}")
    ending = output if isinstance(output, Ending) else run_command(command, output.descriptor, path)
    _report(target, attempt, ending, quiet=quiet)
    ctx.exit(ending.exit_code)


def _open(path: Path) -> NewOutput | Ending:
    try:
        return NewOutput(path)
    except OSError as error:
        return Ending(1, "output_file", f"cannot write {path}: {error.strerror}")


def _register(target: Target, values: tuple[Any, ...], output: NewOutput | Ending) -> int:
    """The id. The file is there already: a check must find neither none nor that of the attempt before."""
    if isinstance(output, Ending):
        return _execute(target, _REGISTER, values)
    try:
        spawn_id = _execute(target, _REGISTER, values)
    except BaseException:
        output.undo()
        raise
    output.keep()
    return spawn_id


def _report(target: Target, attempt: Attempt, ending: Ending, *, quiet: bool) -> None:
    """Record the end, trying again while the database cannot be reached; the work is done in any case."""
    statement = _COMPLETE
    values: tuple[Any, ...] = (attempt.project, attempt.task_id, attempt.spawn_id)
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
                _lost(attempt, ending, error)
                return
            time.sleep(SECONDS_BETWEEN)
        except SqlctlError as error:
            _lost(attempt, ending, error)
            return
        except KeyboardInterrupt:
            _lost(attempt, ending, SqlctlError("interrupted by SIGINT"))
            return
    if not quiet or ending.reason in ("command_not_found", "not_executable", "output_file"):
        note(f"spawn: {attempt.name} " + (f"failed: {ending.message}" if ending.reason else "completed"))


def _lost(attempt: Attempt, ending: Ending, error: SqlctlError) -> None:
    call = ["complete-spawn", "--project", attempt.project, "--task-id", attempt.task_id]
    call += ["--spawn-id", str(attempt.spawn_id)]
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
        f"{attempt.name} ended with exit code {ending.exit_code}, not recorded: {error.message}",
        sqlstate=error.sqlstate,
        detail=error.detail,
        hint=error.hint,
        next_command=f"sqlctl call {shlex.join(call)}",
    ).show()


def _execute(target: Target, statement: str, values: tuple[Any, ...]) -> int:
    """Call a function that returns the spawn's id."""
    import psycopg

    from sqlctl.dberrors import from_database_error

    try:
        with connect(target, application_name="sqlctl spawn") as connection:
            cursor: psycopg.Cursor[Any] = connection.execute(statement.encode(), values)
            (spawn_id,) = cursor.fetchall()[0]
    except psycopg.Error as error:
        raise from_database_error(error) from error
    return int(spawn_id)
