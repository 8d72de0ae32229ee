"""sqlctl check through real processes: what it finds, how it says it, and that it never says OK unlooked."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import SQLCTL, Connect, Database, RunSqlctl, clean_environment
from sqlctl.pgserver import wait_until

HOST = "build-1"
TRACEBACK = b"step 1\nTraceback (most recent call last):\n  File x\nKeyError: 'plan.md'\n"
WAITING = "select from pg_stat_activity where application_name = 'sqlctl check' and wait_event_type = 'Lock'"
Check = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(db: Database) -> dict[str, str]:
    return {**db.environment, "SQLCTL_HOST": HOST}


@pytest.fixture
def check(environment: dict[str, str], run_sqlctl: RunSqlctl) -> Check:
    def run(*arguments: str, code: int | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        done = run_sqlctl("check", *arguments, env={**environment, **more})
        assert "Traceback (most" not in done.stderr
        if code is not None:
            assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def spawn(connect: Connect, tmp_path: Path) -> Callable[..., Path]:
    """Register a spawn of project p and write its output file."""

    def register(task: str, data: bytes | None = b"fine\n", host: str | None = HOST, **more: Any) -> Path:
        path: Path = more.pop("path", tmp_path / task)
        if data is not None:
            path.write_bytes(data)
        connect().execute(
            "select fleet.register_spawn('p', %s, p_output_file => %s, p_host => %s)", (task, str(path), host)
        )
        return path

    return register


def findings(done: subprocess.CompletedProcess[str]) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(found["name"], found["subject"]): found for found in json.loads(done.stdout)["findings"]}


# ---- what it finds ----


def test_a_quiet_fleet_is_ok(check: Check) -> None:
    done = check(code=0)
    assert done.stdout.startswith("SQLCTL OK: ")
    assert check("-q", code=0).stdout == ""
    assert check("-q", code=0).stderr == ""


def test_a_traceback_is_critical_with_the_line_as_evidence(check: Check, spawn: Callable[..., Path]) -> None:
    spawn("breaks", TRACEBACK)
    spawn("works")
    done = check(code=2)
    first = done.stdout.splitlines()[0]
    assert first.startswith("SQLCTL CRITICAL: 1 critical")
    assert "spawn p/breaks: error in its output: KeyError: 'plan.md'" in first
    assert "p/works" not in done.stdout


def test_new_output_is_seen_and_silence_is_a_stall(
    check: Check, spawn: Callable[..., Path], connect: Connect
) -> None:
    connect().execute("select fleet.change_stall_rule('p', p_stalled_after => '1 second')")
    path = spawn("quiet")
    deadline = time.monotonic() + 20
    while ("spawn", "p/quiet") not in findings(check("--json")):
        assert time.monotonic() < deadline
    assert findings(check("--json"))["spawn", "p/quiet"]["status"] == "warning"
    path.write_bytes(b"back\n")
    assert ("spawn", "p/quiet") not in findings(check("--json", "spawn"))


def test_every_kind_of_bad_file_is_reported_as_what_it_is(
    check: Check, spawn: Callable[..., Path], tmp_path: Path
) -> None:
    spawn("missing", None)
    spawn("irregular", None, path=tmp_path)
    spawn("binary", b"\x7fELF" + bytes(100))
    os.mkfifo(tmp_path / "fifo")
    spawn("pipe", None, path=tmp_path / "fifo")
    huge = spawn("huge")
    os.truncate(huge, 10 * 1024**3)
    with huge.open("ab") as file:
        file.write(b"\n" * 60)
    future = spawn("future")
    os.utime(future, (time.time() + 86400,) * 2)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    spawn("unreadable", None, path=loop)
    found = findings(check("--json", code=1))
    for task, words in {
        "missing": "output missing",
        "irregular": "output irregular: a directory",
        "pipe": "output irregular: a named pipe",
        "binary": "output binary: 100 NUL bytes",
        "huge": "output oversized: 10.0 GB, more than 1.0 GB",
        "future": "output future_mtime: it says",
        "unreadable": "output unreadable: Too many levels of symbolic links",
    }.items():
        assert found["spawn", f"p/{task}"]["status"] == "warning"
        assert words in found["spawn", f"p/{task}"]["message"]


def test_a_file_with_an_odd_time_hides_no_other(check: Check, spawn: Callable[..., Path]) -> None:
    os.utime(spawn("ancient"), (0, 0))
    os.utime(spawn("before"), (-86400, -86400))
    spawn("breaks", TRACEBACK)
    found = findings(check("--json", code=2))
    assert found["spawn", "p/breaks"]["status"] == "critical"
    assert "KeyError: 'plan.md'" in found["spawn", "p/breaks"]["message"]
    for task in ("ancient", "before"):
        assert found["spawn", f"p/{task}"]["status"] == "warning"
        assert "modified before the year 2000" in found["spawn", f"p/{task}"]["message"]
    assert ("output_files", HOST) not in found


def test_only_this_host_is_looked_at(check: Check, spawn: Callable[..., Path]) -> None:
    spawn("elsewhere", None, host="build-2")
    spawn("anywhere", None, host=None)
    assert ("spawn", "p/anywhere") in findings(check("--json"))
    assert ("spawn", "p/elsewhere") not in findings(check("--json"))
    assert ("spawn", "p/elsewhere") in findings(check("--json", SQLCTL_HOST="build-2"))


@pytest.mark.parametrize("pattern", [r"\mfatal", "[[:alpha:]]atal", "[^[:digit:]]atal"])
def test_a_pattern_that_python_does_not_know(
    check: Check, spawn: Callable[..., Path], connect: Connect, pattern: str
) -> None:
    """No rule is set to such a one any more, but old rows may hold it."""
    connect().execute("select fleet.change_stall_rule('p', p_error_pattern => 'x')")
    connect().execute("update fleet.stall_rules set error_pattern = %s where project = 'p'", (pattern,))
    spawn("t", b"fatal\n")
    assert "output bad_pattern: " in findings(check("--json", code=1))["spawn", "p/t"]["message"]


def test_a_pattern_without_end_does_not_hang_the_check(
    check: Check, spawn: Callable[..., Path], connect: Connect
) -> None:
    connect().execute("select fleet.change_stall_rule('p', 'odd', p_error_pattern => '(a+)+$')")
    spawn("slow", b"a" * 50 + b"!\n")
    connect().execute("update fleet.active_spawns set task_type = 'odd' where task_id = 'slow'")
    spawn("zz-breaks", TRACEBACK)
    found = findings(check("--json", "--timeout", "6", code=2))
    assert "output bad_pattern: no answer in time" in found["spawn", "p/slow"]["message"]
    assert found["spawn", "p/zz-breaks"]["status"] == "critical"


def test_evidence_cannot_command_the_terminal(check: Check, spawn: Callable[..., Path]) -> None:
    spawn("evil", b"\x1b]0;owned\x07\x1b[2J fatal: \x1b[31mred\x9b1m \xe2\x80\xaeback | 'x'=1;2\r\n")
    for form in ("human", "nagios", "json", "prometheus"):
        output = check("--format", form, code=2).stdout
        assert re.search(r"[^\n\x20-\x7e\ufffd…]", output) is None
    assert "fatal: red" in check(code=2).stdout


def test_one_failing_check_stops_no_other(check: Check, connect: Connect) -> None:
    connect().execute("""
        create or replace function fleet_internal.evaluate_partitions(p_at timestamptz)
        returns table (project text, subject text, status text, value numeric, unit text,
          warning_threshold numeric, critical_threshold numeric, message text, detail jsonb)
        language plpgsql as $$begin raise exception 'poison'; end$$""")
    found = findings(check("--json", code=3))
    assert found["partitions", None]["status"] == "unknown"
    assert "poison" in found["partitions", None]["message"]
    assert ("spawn", None) in found


def test_named_checks_only(check: Check) -> None:
    names = {name for name, _ in findings(check("spawn", "orphaned_work", "spawn", "--json"))}
    assert names == {"spawn", "orphaned_work"}


def test_list(check: Check) -> None:
    assert "orphaned_work" in check("--list", code=0).stdout
    listed = {row["check_type"]: row["is_run"] for row in json.loads(check("--list", "--json").stdout)}
    assert listed["spawn"] is True and listed["heartbeat"] is False


# ---- exit codes ----


def test_fail_on(check: Check, spawn: Callable[..., Path]) -> None:
    spawn("missing", None)
    for level, code in (("warning", 1), ("unknown", 0), ("critical", 0)):
        done = check("--fail-on", level, code=code)
        assert done.stdout.startswith("SQLCTL WARNING: ")
    assert check("-q", "--fail-on", "critical", code=0).stdout == ""
    assert check("-q", code=1).stdout.startswith("SQLCTL WARNING: ")


@pytest.mark.parametrize(
    "arguments",
    [["--bogus"], ["--format", "xml"], ["--timeout", "0"], ["--timeout", "nan"], ["--fail-on"],
     ["--dsn", "mysql://x"], ["nonsense"], ["heartbeat"], ["spawn;drop"]],
)  # fmt: skip
def test_bad_arguments_are_unknown(check: Check, arguments: list[str]) -> None:
    assert check(*arguments, code=3).stdout.startswith("SQLCTL UNKNOWN: ")


def test_unknown_names_are_told_the_known(check: Check) -> None:
    line = check("nonsense", code=3).stdout
    assert "no check nonsense; there are: context, handoff, orphaned_work, partitions, spawn" in line


def test_unreachable_is_critical_and_tells_no_password(run_sqlctl: RunSqlctl) -> None:
    for form in ("human", "nagios", "json", "prometheus"):
        done = run_sqlctl("check", "--format", form, "--dsn", "postgresql://u:s3cr3t@127.0.0.1:1/x")
        assert done.returncode == 2
        assert "s3cr3t" not in done.stdout + done.stderr
        if form in ("human", "nagios"):
            assert done.stdout.startswith("SQLCTL CRITICAL: cannot connect to ")
        if form == "json":
            assert json.loads(done.stdout)["status"] == "critical"
        if form == "prometheus":
            assert 'sqlctl_check_status{check="database",subject=""} 2' in done.stdout


def test_without_the_schema_is_unknown(run_sqlctl: RunSqlctl, empty_db: Database) -> None:
    done = run_sqlctl("check", env=empty_db.environment)
    assert done.returncode == 3
    assert done.stdout.startswith("SQLCTL UNKNOWN: ")
    assert "run: sqlctl migrate" in done.stdout


def test_roles(db: Database, connect: Connect, check: Check, spawn: Callable[..., Path]) -> None:
    spawn("missing", None)
    connection = connect()
    roles = {
        f"c_both_{db.name}": ("fleet_writer, fleet_reader", 1),
        f"c_reader_{db.name}": ("fleet_reader", 3),
        f"c_nobody_{db.name}": ("pg_signal_backend", 3),
    }
    try:
        for role, (granted, code) in roles.items():
            connection.execute(f"create role {role} login in role {granted}")
            done = check(PGUSER=role, code=code)
            if code == 3:
                assert done.stdout.startswith("SQLCTL UNKNOWN: permission denied")
    finally:
        for role in roles:
            connection.execute(f"drop role if exists {role}")


def test_outputs_that_cannot_be_recorded_hide_no_check(
    db: Database, connect: Connect, check: Check, spawn: Callable[..., Path]
) -> None:
    spawn("t")
    connection = connect()
    role = f"c_partly_{db.name}"
    try:
        connection.execute(f"""
            create role {role} login in role fleet_reader;
            grant execute on function fleet.run_checks(timestamptz) to {role}""")
        found = findings(check("--json", code=3, PGUSER=role))
        assert "permission denied" in found["output_files", HOST]["message"]
        assert found["spawn", "p"]["status"] == "ok"
    finally:
        connection.execute(f"drop owned by {role}; drop role {role}")


# ---- time ----


@pytest.fixture
def locked(connect: Connect) -> Iterator[None]:
    """Somebody holds the table that every check reads."""
    connection = connect(autocommit=False)
    connection.execute("lock table fleet.active_spawns in access exclusive mode")
    yield
    connection.rollback()


@pytest.mark.usefixtures("locked")
def test_a_busy_database_is_unknown_in_time(check: Check) -> None:
    done = check("--timeout", "1.5", code=3)
    assert done.stdout.startswith("SQLCTL UNKNOWN: not finished after 1.5 s")


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_is_unknown(
    environment: dict[str, str], connect: Connect, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*SQLCTL, "check"], env={**clean_environment(), **environment}, stdout=subprocess.PIPE, text=True
    )
    watch = connect()
    wait_for(lambda: bool(watch.execute(WAITING).rowcount))
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert output == f"SQLCTL UNKNOWN: interrupted by {number.name}\n"
    wait_for(lambda: not watch.execute(WAITING).rowcount)


def test_a_server_that_never_answers(run_sqlctl: RunSqlctl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run_sqlctl("check", "--timeout", "1", "--dsn", f"host=127.0.0.1 port={port} dbname=x")
    assert done.returncode == 3
    assert done.stdout == "SQLCTL UNKNOWN: not finished after 1 s\n"


@pytest.mark.usefixtures("locked")
def test_a_check_that_is_killed_is_unknown(environment: dict[str, str], connect: Connect) -> None:
    process = subprocess.Popen(
        [*SQLCTL, "check"], env={**clean_environment(), **environment}, stdout=subprocess.PIPE, text=True
    )
    watch = connect()
    wait_for(lambda: bool(watch.execute(WAITING).rowcount))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    output, _ = process.communicate(timeout=10)
    assert (process.returncode, output) == (3, "SQLCTL UNKNOWN: killed by SIGKILL\n")


def wait_for(condition: Callable[[], object]) -> None:
    assert wait_until(lambda: bool(condition()), timeout=20)


def test_no_setting_stays_on_the_session(db: Database) -> None:
    from sqlctl.checkrun import CheckRun
    from sqlctl.target import Target

    run = CheckRun(Target(db.conninfo, "test"), 30)
    connection: psycopg.Connection[Any] = run._connection
    run.look((), HOST)
    assert connection.execute("show statement_timeout").fetchone() == ("0",)
    run.close()


# ---- where it goes ----


def test_output_file(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "x.prom"
    path.write_text("old")
    path.chmod(0o600)
    done = check("--format", "prometheus", "--output", str(path), code=0)
    assert done.stdout.startswith("SQLCTL OK: ") and done.stdout.count("\n") == 1
    assert "sqlctl_check_run_timestamp_seconds" in path.read_text()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.prom"]
    assert check("-q", "--format", "json", "--output", str(path), code=0).stdout == ""
    assert json.loads(path.read_text())["status"] == "ok"


def test_output_file_tells_a_failure_too(run_sqlctl: RunSqlctl, tmp_path: Path) -> None:
    """Or the last good metrics would be read for ever."""
    path = tmp_path / "x.prom"
    path.write_text("sqlctl_check_status 0\n")
    run_sqlctl("check", "--format", "prometheus", "--output", str(path), "--dsn", "host=127.0.0.1 port=1")
    assert 'check="database",subject=""} 2' in path.read_text()


def test_output_file_through_a_link(check: Check, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "real")
    check("--output", str(tmp_path / "link"), code=0)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "real").read_text().startswith("SQLCTL OK")


@pytest.mark.parametrize("path", ["/no/such/folder/x", "/dev/null", "/"])
def test_output_file_that_cannot_be_written(check: Check, path: str) -> None:
    assert check("--output", path, code=3).stdout.startswith("SQLCTL UNKNOWN: ")


def test_a_full_disk_on_stdout_is_not_ok(environment: dict[str, str], run_sqlctl: RunSqlctl) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_sqlctl("check", env=environment, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert "SQLCTL UNKNOWN: cannot write stdout: No space left on device" in done.stderr


def test_a_reader_that_leaves(environment: dict[str, str], spawn: Callable[..., Path]) -> None:
    spawn("breaks", TRACEBACK)
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen(
        [*SQLCTL, "check"], env={**clean_environment(), **environment}, stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert b"Broken pipe" not in errors
