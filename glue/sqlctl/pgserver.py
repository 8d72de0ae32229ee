"""One PostgreSQL server: init, start, stop. No policy; `embedded` and the tests decide when."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlctl.accounts import Account, identity
from sqlctl.errors import ConnectError

PORT = 5432  # only a part of the socket's name
SUPERUSER = "postgres"
DATABASE_MISSING = "3D000"
STARTING = "57P03"
MAX_LOG_BYTES = 1_000_000
LINES_OF_REASON = 4  # the last ones of a program that failed; what comes before tells what went well
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Server:
    """A server on a unix socket only. As root, its programs run as `account`."""

    def __init__(
        self, bindir: Path, datadir: Path, socket_dir: Path, *, account: Account | None = None
    ) -> None:
        self.bindir = bindir
        self.datadir = datadir
        self.socket_dir = socket_dir
        self.account = (account or Account.unprivileged()) if os.geteuid() == 0 else None
        self.log = datadir.with_name(datadir.name + ".log")

    def init(self, *, sync: bool = True) -> None:
        """Create the data directory, whole or not at all."""
        part = self.datadir.with_name(self.datadir.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(mode=0o700)
            self._own(part)
        except OSError as error:
            raise ConnectError(f"cannot make {part}", detail=error.strerror) from error
        args = ["-D", str(part), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        code, said = self.run("initdb", [*args, "--no-instructions", *([] if sync else ["--no-sync"])])
        if code != 0:
            shutil.rmtree(part, ignore_errors=True)
            reason = "\n".join(said.splitlines()[-LINES_OF_REASON:])
            raise ConnectError(f"initdb could not create {self.datadir}", detail=reason)
        part.rename(self.datadir)

    def start(self, options: Mapping[str, str] | None = None, *, timeout: float = 60) -> None:
        """Start the server and return when it answers; `options` are postgresql.conf settings."""
        self._make_socket_dir()
        self._forget_dead_server()
        self._begin_log()
        before = self.log.stat().st_size
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            **(options or {}),
        }
        words = [f"--{name}={value}" for name, value in settings.items()]
        # Not by pg_ctl: it looks only every 100 ms. A session of its own, so that Ctrl-C does not reach it.
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [self.bindir / "postgres", "-D", self.datadir, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._how(),
            )
        try:
            wait_until(
                lambda: process.poll() is not None or self.probe() == "", timeout=timeout, interval=0.005
            )
        except BaseException:
            process.send_signal(signal.SIGQUIT)
            raise
        if process.poll() is not None:
            with self.log.open(errors="replace") as lines:
                lines.seek(before)
                said = lines.read()[-2000:].strip()
            raise ConnectError(
                f"PostgreSQL in {self.datadir} does not start", detail=said, where=str(self.log)
            )
        process.returncode = 0  # it outlives us: Python need not warn of that

    def stop(self, mode: str = "fast", *, timeout: float = 60) -> None:
        """Stop the server if it runs: `smart` waits for clients, `fast` disconnects, `immediate` quits."""
        # By signal, not by pg_ctl: it must work when the programs are gone or of another version.
        pid = self.pid()
        if pid is None or not self._is_ours(pid):
            return
        os.kill(pid, _STOP_SIGNALS[mode])
        if not wait_until(lambda: not self._is_ours(pid), timeout=timeout):
            raise ConnectError(f"PostgreSQL in {self.datadir} (pid {pid}) does not stop", where=str(self.log))

    def kill9(self) -> None:
        """Kill the postmaster as the kernel's out-of-memory killer would (for tests)."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def pid(self) -> int | None:
        """What postmaster.pid says; no proof of life."""
        try:
            return int((self.datadir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def running(self) -> bool:
        """True if the process of postmaster.pid lives and is a server of this data directory."""
        pid = self.pid()
        return pid is not None and self._is_ours(pid)

    def probe(self, dbname: str = "postgres") -> str | None:
        """Ask for a connection: "" is yes, an SQLSTATE is the server's refusal, None is no server.

        Spoken by hand, so that finding the server alive needs no driver.
        """
        words = ("user", SUPERUSER, "database", dbname, "application_name", "sqlctl probe", "")
        body = struct.pack("!i", 196608) + b"".join(word.encode() + b"\0" for word in words)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self._socket()))
                connection.sendall(struct.pack("!i", len(body) + 4) + body)
                with connection.makefile("rb") as answers:
                    while header := answers.read(5):
                        text = answers.read(int.from_bytes(header[1:], "big") - 4)
                        if header[:1] == b"E":
                            sqlstate = re.search(rb"(?:^|\0)C([0-9A-Z]{5})\0", text)
                            return sqlstate.group(1).decode() if sqlstate else None
                        if header[:1] == b"Z":  # ready for a query
                            connection.sendall(b"X\0\0\0\4")
                            return ""
        except OSError:
            pass
        return None

    def wait_ready(self, dbname: str = "postgres", *, timeout: float = 60) -> str | None:
        """Probe until the server is neither starting nor recovering."""
        answer = self.probe(dbname)
        deadline = time.monotonic() + timeout
        while answer == STARTING and time.monotonic() < deadline:
            time.sleep(0.02)
            answer = self.probe(dbname)
        return answer

    def conninfo(self, dbname: str = "postgres") -> str:
        host = str(self.socket_dir).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={PORT} user={SUPERUSER} dbname={dbname}"

    def environment(self, dbname: str = "postgres") -> dict[str, str]:
        """The same as PG* variables, for psql, pg_dump, pg_prove, dbmate."""
        return {
            "PGHOST": str(self.socket_dir),
            "PGPORT": str(PORT),
            "PGUSER": SUPERUSER,
            "PGDATABASE": dbname,
        }

    def run(self, program: str, args: Sequence[str]) -> tuple[int, str]:
        """Run a server program as the server's user: its exit code and what it said."""
        # A file, never a pipe: what inherits it would keep a pipe open for its whole life.
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            try:
                done = subprocess.run(
                    [self.bindir / program, *args],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    check=False,
                    **self._how(),
                )
            except OSError as error:
                name = self.account.name if self.account else "this user"
                return 126, f"cannot run {self.bindir / program} as {name}: {error.strerror}"
            said.seek(0)
            return done.returncode, said.read()[-2000:].strip()

    def _how(self) -> dict[str, Any]:
        """As the server's user, in a directory that it may enter, not led astray by anybody's variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {"env": {**environment, "LC_ALL": "C"}, "cwd": "/", **identity(self.account)}

    def _begin_log(self) -> None:
        """Keep this log and one before: starting and stopping every minute writes a megabyte a day."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.rename(f"{self.log}.old")
        self.log.touch(mode=0o600)
        self._own(self.log)

    def _socket(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{PORT}"

    def _own(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def _make_socket_dir(self) -> None:
        with contextlib.suppress(FileExistsError):
            self.socket_dir.mkdir(mode=0o700)
            self._own(self.socket_dir)
        status = self.socket_dir.lstat()
        owner = self.account.uid if self.account else os.geteuid()
        if status.st_uid != owner or status.st_mode & 0o170077 != 0o040000:
            raise ConnectError(
                f"{self.socket_dir} is not a private directory of the server's user",
                hint="remove it, or choose another place: SQLCTL_HOME=DIRECTORY",
            )

    def _is_ours(self, pid: int) -> bool:
        """True for a living process of this data directory: no zombie, nor a stranger who got an old pid."""
        process = Path("/proc") / str(pid)
        if not Path("/proc/self/cwd").exists():  # macOS
            done = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True)
            return "postgres" in done.stdout and not done.stdout.lstrip().startswith("Z")
        try:
            here = (process / "cwd").readlink() == self.datadir.resolve()
            return here and (process / "comm").read_text().startswith("postgres")
        except OSError:
            return False

    def _processes(self) -> list[int]:
        """Every living process of this data directory."""
        if not Path("/proc/self/cwd").exists():
            return [pid for pid in [self.pid()] if pid is not None and self._is_ours(pid)]
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if self._is_ours(pid)]

    def _forget_dead_server(self) -> None:
        """Remove the pid files of a server that is gone, once nothing of it is left.

        PostgreSQL refuses to start over a zombie's or a stranger's pid. But while a child of the dead server
        still works on the files, a second server would destroy them: such children get the signal that their
        postmaster would have sent.
        """
        if self.running():
            return
        if not wait_until(lambda: not self._processes(), timeout=2):
            for orphan in self._processes():
                with contextlib.suppress(OSError):
                    os.kill(orphan, signal.SIGQUIT)
            if not wait_until(lambda: not self._processes(), timeout=10):
                raise ConnectError(
                    f"processes of a dead server still work in {self.datadir}",
                    detail="pids " + ", ".join(str(orphan) for orphan in sorted(self._processes())),
                    hint="end them, then try again",
                )
        socket_file = self._socket()
        for left in (self.datadir / "postmaster.pid", socket_file, Path(f"{socket_file}.lock")):
            left.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], *, timeout: float, interval: float = 0.02) -> bool:
    """Poll until the condition holds; False if it never did within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True
