"""sqlctl spawn: the command's exit code, output and end, in the database and to the caller."""

from __future__ import annotations

import os
import re
import shlex
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SQLCTL, Connect, Database, RunSqlctl, TestServer, clean_environment
from psycopg.rows import dict_row
from sqlctl.pgserver import wait_until


@pytest.fixture
def environment(db: Database, tmp_path: Path) -> dict[str, str]:
    return {
        **db.environment,
        "SQLCTL_HOST": "build-1",
        "SQLCTL_PROJECT": "p",
        "SQLCTL_HOME": str(tmp_path / "home"),
    }


@pytest.fixture
def spawn(environment: dict[str, str], run_sqlctl: RunSqlctl) -> Any:
    def run(*arguments: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        done = run_sqlctl("spawn", *arguments, env=environment, **options)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def rows(connect: Connect) -> Callable[[], list[dict[str, Any]]]:
    connection = connect(row_factory=dict_row)
    return lambda: connection.execute("select * from fleet.active_spawns order by id").fetchall()


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SQLCTL, "spawn", *arguments],
        env={**clean_environment(), **environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], object]) -> None:
    assert wait_until(lambda: bool(condition()), timeout=20)


def test_success(spawn: Any, rows: Any, tmp_path: Path) -> None:
    done = spawn("--task-type", "build", "--", "sh", "-c", "echo out; echo err >&2")
    (row,) = rows()
    assert (row["project"], row["task_type"], row["description"], row["host"]) == (
        "p",
        "build",
        "sh",
        "build-1",
    )
    assert (row["status"], row["exit_code"], row["error_message"]) == ("completed", 0, None)
    assert row["task_id"].startswith("sh-") and row["event_id"] is not None
    output = Path(row["output_file"])
    assert output.read_text() == "out\nerr\n"
    assert output.is_relative_to(tmp_path / "home")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert f"output: {output}" in done.stderr
    assert done.stdout == ""


def test_failure(spawn: Any, rows: Any) -> None:
    spawn("--task-id", "t", "--", "sh", "-c", "echo 'fatal: \x1b[31mno space\x1b[0m'; echo; exit 3", code=3)
    (row,) = rows()
    assert (row["status"], row["exit_code"]) == ("failed", 3)
    assert (row["error_message"], row["failure_reason"]) == ("fatal: no space", "exit_code")


def test_nothing_is_read_by_a_shell(spawn: Any, rows: Any) -> None:
    spawn("-q", "--", "printf", "%s|", "$HOME", "a b", "; rm -rf x", "*", "--", "--help")
    assert Path(rows()[0]["output_file"]).read_text() == "$HOME|a b|; rm -rf x|*|--|--help|"


def test_the_separator_may_be_left_out(spawn: Any) -> None:
    spawn("-q", "sh", "-c", "exit 4", code=4)


def test_stdin_reaches_the_command(spawn: Any, rows: Any) -> None:
    spawn("-q", "--", "cat", input="hello")
    assert Path(rows()[0]["output_file"]).read_text() == "hello"


@pytest.mark.parametrize(
    "command, code, reason",
    [(["no-such-command"], 127, "command_not_found"), (["/dev/null"], 126, "not_executable")],
)  # fmt: skip
def test_a_command_that_cannot_run(spawn: Any, rows: Any, command: list[str], code: int, reason: str) -> None:
    done = spawn("-q", "--task-id", "t", "--", *command, code=code)
    assert "p/t failed: " in done.stderr
    (row,) = rows()
    assert (row["status"], row["exit_code"], row["failure_reason"]) == ("failed", code, reason)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_passed_on_to_the_whole_group(
    environment: dict[str, str], rows: Any, tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "out"
    process = start(environment, "--output-file", str(output), "--", "sh", "-c", "echo $$; sleep 300; true")
    wait_for(lambda: output.exists() and output.stat().st_size)
    group = int(output.read_text())
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 128 + number
    (row,) = rows()
    assert (row["status"], row["exit_code"]) == ("failed", 128 + number)
    assert row["failure_reason"] == number.name
    wait_for(lambda: not group_lives(group))


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_tidies_up_when_told_to_stop(
    environment: dict[str, str], rows: Any, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    script = "trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    process = start(environment, "--output-file", str(output), "--", "sh", "-c", script)
    wait_for(lambda: output.exists() and output.stat().st_size)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    (row,) = rows()
    assert (row["status"], row["exit_code"]) == ("failed", None)
    assert (row["error_message"], row["failure_reason"]) == ("tidied", "SIGTERM")


def test_a_command_killed_by_another(spawn: Any, rows: Any) -> None:
    spawn("-q", "--", "sh", "-c", "kill -9 $$", code=137)
    (row,) = rows()
    assert (row["exit_code"], row["failure_reason"], row["error_message"]) == (
        137,
        "SIGKILL",
        "ended by SIGKILL",
    )


def test_a_new_attempt_starts_with_an_empty_file(spawn: Any, rows: Any, tmp_path: Path) -> None:
    """Or the error of the first attempt would be held against the second."""
    output = tmp_path / "out"
    options = ["-q", "--task-id", "t", "--output-file", str(output), "--"]
    spawn(*options, "sh", "-c", "echo 'Error: first'; exit 1", code=1)
    spawn(*options, "echo", "second")
    assert output.read_text() == "second\n"
    assert (tmp_path / "out.1").read_text() == "Error: first\n"
    assert [(row["attempt"], row["status"]) for row in rows()] == [(2, "completed")]


def test_a_running_task_is_not_spawned_twice(
    environment: dict[str, str], spawn: Any, rows: Any, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    options = ["--task-id", "t", "--output-file", str(output), "--"]
    process = start(environment, *options, "sh", "-c", "echo up; sleep 300")
    try:
        wait_for(lambda: output.exists() and output.stat().st_size)
        done = spawn(*options, "sh", "-c", f"touch {tmp_path}/ran", code=1)
        assert "sqlstate: MF006" in done.stderr
        assert not (tmp_path / "ran").exists()
        assert output.read_text() == "up\n"
        assert [row["status"] for row in rows()] == ["running"]
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_refused_spawn_leaves_the_files_as_they_were(
    environment: dict[str, str], spawn: Any, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    options = ["--task-id", "t", "--output-file", str(output), "--"]
    spawn("-q", *options, "echo", "first")
    process = start(environment, *options, "sh", "-c", "echo second; sleep 300")
    try:
        wait_for(lambda: output.exists() and output.read_text() == "second\n")
        spawn(*options, "echo", "third", code=1)
        spawn("--parent-task-id", "nobody", "--output-file", str(tmp_path / "other"), "--", "true", code=1)
        texts = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
        assert texts == {"out": "second\n", "out.1": "first\n"}
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_new_file_is_there_before_the_spawn_is(
    environment: dict[str, str], spawn: Any, connect: Connect, tmp_path: Path
) -> None:
    """Or a check in between would miss it, or hold the old attempt's error against the new one."""
    output = tmp_path / "out"
    options = ["--task-id", "t", "--output-file", str(output), "--"]
    spawn("-q", *options, "sh", "-c", "echo 'Error: first'; exit 1", code=1)
    blocker, watcher = connect(autocommit=False), connect()
    blocker.execute("lock table fleet.active_spawns in access exclusive mode")
    process = start(environment, *options, "echo", "second")
    waiting = (
        "select from pg_stat_activity where application_name = 'sqlctl spawn' and wait_event_type = 'Lock'"
    )
    wait_for(lambda: watcher.execute(waiting).rowcount)
    assert output.read_text() == ""
    blocker.rollback()
    process.communicate(timeout=60)
    assert (process.returncode, output.read_text()) == (0, "second\n")


def test_an_end_is_never_that_of_a_later_attempt(
    environment: dict[str, str], connect: Connect, rows: Any, tmp_path: Path
) -> None:
    """Somebody gave the attempt up and began another, while the command went on."""
    output = tmp_path / "out"
    script = f"cd {tmp_path}; echo up; while [ ! -e go ]; do sleep 0.05; done; exit 3"
    process = start(environment, "--task-id", "t", "--output-file", str(output), "--", "sh", "-c", script)
    wait_for(lambda: output.exists() and output.stat().st_size)
    connection = connect()
    connection.execute("select fleet.abandon_spawn('p', 't', 'hung')")
    connection.execute("select fleet.register_spawn('p', 't')")
    (tmp_path / "go").touch()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "p/t ended with exit code 3, not recorded" in errors and "--spawn-id" in errors
    assert [(row["attempt"], row["status"]) for row in rows()] == [(2, "running")]


def test_user_signals_reach_the_command_and_end_nothing(
    environment: dict[str, str], rows: Any, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    script = "trap 'echo one' USR1; trap 'echo two' USR2; echo up; while [ ! -e go ]; do sleep 0.05; done"
    process = start(
        environment, "--output-file", str(output), "--", "sh", "-c", f"cd {tmp_path}; {script}; true"
    )
    wait_for(lambda: output.exists() and output.stat().st_size)
    for number, text in ((signal.SIGUSR1, "up\none\n"), (signal.SIGUSR2, "up\none\ntwo\n")):
        process.send_signal(number)
        wait_for(lambda t=text: output.read_text() == t)
    (tmp_path / "go").touch()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert rows()[0]["status"] == "completed"


def test_forgotten_outputs_are_removed(
    environment: dict[str, str], spawn: Any, rows: Any, tmp_path: Path
) -> None:
    """Those of 30 days ago, unless a command has them open."""
    folder = tmp_path / "home" / "outputs"
    spawn("-q", "--task-id", "old", "--", "echo", "old")
    spawn("-q", "--task-id", "new", "--", "echo", "new")
    silent = start(environment, "--task-id", "silent", "--", "sleep", "300")
    wait_for(lambda: any(row["task_id"] == "silent" for row in rows()))
    try:
        (folder / "notes.txt").write_text("not ours")
        (folder / "p.link.log").symlink_to(folder / "notes.txt")
        for name, days in (("p.old.log", 31), ("p.silent.log", 31), ("p.new.log", 29), ("notes.txt", 31)):
            then = time.time() - days * 86400
            os.utime(folder / name, (then, then))
        spawn("-q", "--task-id", "next", "--output-file", str(tmp_path / "elsewhere"), "--", "true")
        assert (folder / "p.old.log").exists()
        spawn("-q", "--task-id", "next", "--", "true")
        assert {path.name for path in folder.iterdir()} == {
            "notes.txt", "p.link.log", "p.new.log", "p.next.log", "p.silent.log",
        }  # fmt: skip
    finally:
        silent.terminate()
        silent.communicate(timeout=20)


def test_parent(spawn: Any, rows: Any) -> None:
    spawn("-q", "--task-id", "parent", "--", "true")
    spawn("-q", "--task-id", "child", "--parent-task-id", "parent", "--", "true")
    parent, child = rows()
    assert child["parent_spawn_id"] == parent["id"]
    done = spawn("--parent-task-id", "nobody", "--", "true", code=1)
    assert "sqlstate: MF002" in done.stderr


def test_the_database_must_be_there_at_the_start(run_sqlctl: RunSqlctl, tmp_path: Path) -> None:
    done = run_sqlctl("spawn", "--dsn", "host=127.0.0.1 port=1", "--", "touch", str(tmp_path / "ran"))
    assert done.returncode == 3
    assert not (tmp_path / "ran").exists()


def test_an_end_that_cannot_be_recorded(
    environment: dict[str, str],
    server: TestServer,
    db: Database,
    tmp_path: Path,
    run_sqlctl: RunSqlctl,
    rows: Any,
) -> None:
    """The database goes while the command runs: its exit code stays, and stderr tells how to record it later."""
    output = tmp_path / "out"
    script = "echo up; while [ ! -e go ]; do sleep 0.05; done; echo 'it failed'; exit 9"
    process = start(
        environment,
        "--task-id",
        "t 1",
        "--output-file",
        str(output),
        "--",
        "sh",
        "-c",
        f"cd {tmp_path}; {script}",
    )
    wait_for(lambda: output.exists() and output.stat().st_size)
    with closed(server, db):
        (tmp_path / "go").touch()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 9
    assert "p/t 1 ended with exit code 9, not recorded: cannot connect" in errors
    assert rows()[0]["status"] == "running"
    advice = re.search(r"next: +sqlctl (call .*)", errors)
    assert advice
    assert run_sqlctl(*shlex.split(advice[1]), env=environment).returncode == 0
    (row,) = rows()
    assert (row["status"], row["exit_code"], row["error_message"]) == ("failed", 9, "it failed")


def test_a_short_absence_of_the_database_is_waited_for(
    environment: dict[str, str], server: TestServer, db: Database, tmp_path: Path, rows: Any
) -> None:
    output = tmp_path / "out"
    script = f"cd {tmp_path}; echo up; while [ ! -e go ]; do sleep 0.05; done; echo end"
    process = start(environment, "--output-file", str(output), "--", "sh", "-c", script)
    wait_for(lambda: output.exists() and output.stat().st_size)
    with closed(server, db):
        (tmp_path / "go").touch()
        wait_for(lambda: output.read_text().endswith("end\n"))
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=1)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert rows()[0]["status"] == "completed"


class closed:
    """The database takes no connections, as when its server is down."""

    def __init__(self, server: TestServer, db: Database) -> None:
        self.server, self.db = server, db

    def allow(self, allowed: bool) -> None:
        import psycopg

        with psycopg.connect(self.server.database("postgres").conninfo, autocommit=True) as connection:
            connection.execute(f'alter database "{self.db.name}" allow_connections {allowed}')

    def __enter__(self) -> None:
        self.allow(False)

    def __exit__(self, *_: object) -> None:
        self.allow(True)


@pytest.mark.parametrize(
    "arguments", [[], ["--"], ["--", ""], ["--bogus", "--", "true"], ["--output-file", "/", "--", "true"]]
)
def test_bad_usage(spawn: Any, rows: Any, arguments: list[str]) -> None:
    assert "Usage:" in spawn(*arguments, code=2).stderr
    assert rows() == []


def test_an_output_file_that_cannot_be_made(spawn: Any, rows: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = spawn("--task-id", "t", "--output-file", str(tmp_path / "file" / "x"), "--", "true", code=1)
    assert "p/t failed: cannot write" in done.stderr
    assert rows()[0]["failure_reason"] == "output_file"


@pytest.mark.parametrize("folder, expected", [("checkout/deep/er", "checkout"), ("plain", "plain")])
def test_default_project(
    environment: dict[str, str], run_sqlctl: RunSqlctl, rows: Any, tmp_path: Path, folder: str, expected: str
) -> None:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    (tmp_path / folder).mkdir(parents=True)
    del environment["SQLCTL_PROJECT"]
    done = run_sqlctl("spawn", "-q", "--", "pwd", env=environment, cwd=tmp_path / folder)
    assert done.returncode == 0, done.stderr
    assert rows()[0]["project"] == expected


@pytest.mark.parametrize("task", ["../../etc/x", "a/b", "ü" * 150, "."])
def test_no_task_id_leads_out_of_the_folder(spawn: Any, rows: Any, tmp_path: Path, task: str) -> None:
    spawn("-q", "--task-id", task, "--", "true")
    assert Path(rows()[0]["output_file"]).parent == tmp_path / "home" / "outputs"
    assert len(list((tmp_path / "home" / "outputs").iterdir())) == 1
