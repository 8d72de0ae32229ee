"""sqlctl as a process: full disks, closed streams, Ctrl-C, bytes that are no text."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import SQLCTL, Connect, Database, RunSqlctl, clean_environment
from sqlctl.errors import ConnectError
from sqlctl.pgserver import Server, wait_until
from sqltree import SqlTree

FOREIGN = os.fsdecode(b"p\xff")


def printed_to_full_disk(run_sqlctl: RunSqlctl, *arguments: str, **more: Any) -> tuple[int, str]:
    with Path("/dev/full").open("w") as full:
        done = run_sqlctl(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE, **more)
    assert "internal error" not in done.stderr and "Exception ignored" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}])
@pytest.mark.parametrize("command", ["status", "version", "call --list", "check --list", "check", "render"])
def test_a_full_disk_on_stdout_is_said(
    run_sqlctl: RunSqlctl, db: Database, command: str, buffering: dict[str, str]
) -> None:
    env = {**db.environment, **buffering}
    code, said = printed_to_full_disk(run_sqlctl, *command.split(), env=env)
    assert code == (3 if command.startswith("check") else 1), said
    assert "cannot write stdout: No space left on device" in said


def test_a_full_disk_on_stderr_stops_nothing(run_sqlctl: RunSqlctl, db: Database) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_sqlctl(
            "status", env=db.environment, capture_output=False, stdout=subprocess.PIPE, stderr=full
        )
    assert done.returncode == 0
    assert "applied:" in done.stdout


def close(numbers: tuple[int, ...]) -> None:
    for number in numbers:
        os.close(number)


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("command", ["check", "status"])
def test_closed_streams_are_no_fault(
    run_sqlctl: RunSqlctl, db: Database, command: str, closed: tuple[int, ...]
) -> None:
    done = run_sqlctl(command, env=db.environment, preexec_fn=lambda: close(closed))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (("OK" in done.stdout) or ("applied" in done.stdout)) == (1 not in closed)


def test_nobody_is_asked_on_a_closed_stdin(run_sqlctl: RunSqlctl, db: Database) -> None:
    done = run_sqlctl("down", env=db.environment, preexec_fn=lambda: close((0,)))
    assert done.returncode == 2
    assert "confirm with --yes" in done.stderr


@pytest.mark.parametrize("module", ["click", "psycopg"])
def test_ctrl_c_while_modules_are_loaded(run_sqlctl: RunSqlctl, tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    done = run_sqlctl("version", env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 130
    assert done.stderr.strip() == "sqlctl: interrupted"


@pytest.mark.parametrize("options, kept", [("", False), (" transaction:false", True)])
def test_ctrl_c_tells_what_became_of_the_run(
    empty_db: Database, connect: Connect, tmp_path: Path, options: str, kept: bool
) -> None:
    tree = SqlTree(tmp_path / "sql")
    tree.migration("20260103000000", "slow", "select pg_sleep(600);", options=options)
    env = {**clean_environment(), **empty_db.environment, **tree.environment}
    process = subprocess.Popen([*SQLCTL, "migrate"], env=env, stderr=subprocess.PIPE, text=True)
    watch = connect(empty_db)
    at_work = "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    try:
        assert wait_until(lambda: bool(watch.execute(at_work).rowcount), timeout=20)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "sqlctl: interrupted" in said and "Traceback" not in said
    there = watch.execute("select to_regclass('fleet.things') is not null").fetchone()
    assert there == (kept,)
    if kept:
        assert "applied before that, and kept: 20260101000000_first" in said
        assert "delete from sqlctl.migrations where version = '20260103000000'" in said
    else:
        assert "what was under way is rolled back" in said and "kept" not in said


def test_ctrl_c_while_waiting_tells_it_too(
    db: Database, connect: Connect, run_sqlctl: RunSqlctl, tmp_path: Path
) -> None:
    connect().execute("drop function fleet.list_check_types")  # so that there is something to do
    blocker = connect(autocommit=False)
    blocker.execute("lock table sqlctl.runner_lock in exclusive mode")
    env = {**clean_environment(), **db.environment}
    process = subprocess.Popen([*SQLCTL, "migrate"], env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if "trying again" in line:
            process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130, said
    assert "interrupted: what was under way is rolled back" in said


@pytest.mark.parametrize(
    "arguments, variables, said",
    [
        (["status", "--dsn", f"host=/{FOREIGN} password=s3cr3t"], {}, "argument 3"),
        (["call", FOREIGN], {}, "argument 2"),
        (["check"], {"SQLCTL_HOST": FOREIGN}, "SQLCTL_HOST"),
        (["status"], {"SQLCTL_HOME": f"/tmp/{FOREIGN}"}, "SQLCTL_HOME"),
        (["status"], {"PGHOST": f"/tmp/{FOREIGN}"}, None),
    ],
)
def test_bytes_that_are_no_text_are_a_usage_error(
    run_sqlctl: RunSqlctl, db: Database, arguments: list[str], variables: dict[str, str], said: str | None
) -> None:
    env = {**({} if "SQLCTL_HOME" in variables else db.environment), **variables}
    done = run_sqlctl(*arguments, env=env, errors="surrogateescape")
    if said is None:  # libpq takes its variables as they are
        assert done.returncode == 3 and "internal error" not in done.stderr
        return
    assert done.returncode == (3 if arguments[0] == "check" else 2), done.stdout + done.stderr
    assert f"{said} is not UTF-8" in done.stdout + done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


def test_render_on_a_full_disk_keeps_the_old_file(run_sqlctl: RunSqlctl, tmp_path: Path) -> None:
    path = tmp_path / "fleet.sql"
    path.write_text("old")
    done = run_sqlctl(
        "render",
        "-o",
        str(path),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)),
    )
    assert done.returncode == 1
    assert f"cannot write {path}: File too large" in done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("fleet.sql", "old")]


def test_render_writes_to_what_is_no_file(run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl("render", "-o", "/dev/stdout")
    assert done.returncode == 0
    assert "sqlctl.migrations" in done.stdout


def test_initdb_that_fails_tells_why_and_leaves_nothing(short_folder: Path) -> None:
    program = short_folder / "initdb"
    program.write_text(
        "#!/bin/sh\nfor n in 1 2 3 4 5 6 7 8 9; do echo part $n ... ok; done\n"
        "echo 'FATAL:  could not write file: No space left on device'\nexit 1\n"
    )
    program.chmod(0o755)
    data = short_folder / "data"
    data.mkdir()
    with pytest.raises(ConnectError) as failure:
        Server(short_folder, data / "pg18", data / "run").init()
    assert str(failure.value.detail).endswith("No space left on device")
    assert "part 1 " not in str(failure.value.detail)
    assert list(data.iterdir()) == []


def test_old_click_is_enough() -> None:
    """Until click 8.2 ParamType could not be subscribed."""
    code = (
        "import click; click.ParamType = type('Old', (click.ParamType,), {'__class_getitem__': None})\n"
        "import importlib; from sqlctl.cli import COMMANDS\n"
        "for module, _, _ in COMMANDS.values(): importlib.import_module(module)"
    )
    done = subprocess.run(
        [SQLCTL[0], "-c", code], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# ---- who may not ----


@pytest.fixture
def login(db: Database, connect: Connect) -> Callable[[str], Database]:
    """login(role): the database as somebody who has only that role, or none."""

    def make(role: str) -> Database:
        name = f"{db.name}_{role or 'nobody'}"
        superuser = connect()
        superuser.execute(f"drop role if exists {name}".encode())
        superuser.execute(f"create role {name} login {role and 'in role ' + role}".encode())
        conninfo = psycopg.conninfo.make_conninfo(db.conninfo, user=name)
        return Database(db.name, conninfo, {**db.environment, "PGUSER": name})

    return make


def test_version_without_the_right_to_read_the_ledger(
    run_sqlctl: RunSqlctl, login: Callable[[str], Database]
) -> None:
    done = run_sqlctl("version", env=login("").environment)
    assert done.returncode == 0
    for words in ("psycopg:", "server:", "unreadable", "permission denied for schema sqlctl"):
        assert words in done.stdout


def test_down_as_a_reader_says_whose_it_is(run_sqlctl: RunSqlctl, login: Callable[[str], Database]) -> None:
    done = run_sqlctl("down", "--yes", env=login("fleet_reader").environment)
    assert done.returncode == 5
    assert "is no member of fleet_owner" in done.stderr
    assert "create on database" not in done.stderr and "sqlctl migrate" not in done.stderr


def test_outputs_that_could_not_be_recorded_are_never_fine(
    run_sqlctl: RunSqlctl, connect: Connect, db: Database, tmp_path: Path
) -> None:
    owner = connect()
    query = "select fleet.register_spawn('p', 't', p_output_file => %s, p_host => 'h')"
    owner.execute(query, (str(tmp_path / "output"),))
    (tmp_path / "output").write_text("fine\n")
    owner.execute("drop function fleet.record_spawn_outputs")
    done = run_sqlctl("check", "-q", "--fail-on", "critical", env={**db.environment, "SQLCTL_HOST": "h"})
    assert done.returncode == 3
    assert "output_files h: not recorded: function fleet.record_spawn_outputs" in done.stdout
    assert "; hint: " in done.stdout and "sqlstate:" not in done.stdout
