"""The embedded server: started by its first user, stopped by its last.

Two lock files. `mutex` is held for the moment in which somebody comes, goes, starts or stops. `users` is
shared by every process that uses the server, for as long as it does; who can take it alone is the last one.
The kernel releases both when a process dies, however it dies: then the next user finds the server running and
stops it when it leaves. A file `keep` (from `sqlctl db start`) means that only `sqlctl db stop` stops it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from sqlctl.binaries import Binaries, find_binaries, reachable_copy
from sqlctl.errors import BusyError, ConnectError, RefusedError, SqlctlError
from sqlctl.pgserver import DATABASE_MISSING, Account, Server, wait_until

DATABASE = "fleet"
LONGEST_SOCKET_PATH = 90  # the kernel's limit is 104 to 108 bytes, file name included


def home() -> Path:
    """Where data, locks and log are: SQLCTL_HOME, else the platform's data directory."""
    chosen = os.environ.get("SQLCTL_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        # Root's own home is closed to the user that the server runs as.
        return Path("/usr/local/var/sqlctl" if sys.platform == "darwin" else "/var/lib/sqlctl")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sqlctl"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sqlctl"


class Embedded:
    """The embedded server of one home directory."""

    def __init__(self, folder: Path | None = None) -> None:
        self.home = folder or home()
        self._users: int | None = None

    # ---- what is there ----

    def majors(self) -> list[int]:
        """PostgreSQL majors that have data here."""
        names = [path.name for path in self.home.glob("pg*") if (path / "PG_VERSION").exists()]
        return sorted(int(name[2:]) for name in names if name[2:].isdigit())

    def kept(self) -> bool:
        return (self.home / "keep").exists()

    def running(self) -> Server | None:
        servers = (self.server(major) for major in self.majors())
        return next((server for server in servers if server.running()), None)

    def server(self, major: int, bindir: Path = Path()) -> Server:
        """The server of one major; stopping it needs no programs."""
        return Server(bindir, self.home / f"pg{major}", self._socket_dir(), account=self._account())

    # ---- coming and going ----

    @contextlib.contextmanager
    def use(self, *, empty: bool = False) -> Iterator[str]:
        """Conninfo of the running server's database, for as long as the block lasts."""
        conninfo = self.enter(empty=empty)
        try:
            yield conninfo
        finally:
            self.leave()

    def enter(self, *, empty: bool = False) -> str:
        """Become a user of the server, starting it if needed.

        `empty` allows a new, empty server beside the data of an older major.
        """
        self._make_home()
        with self._mutex():
            users = self._open("users")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                server = self._running_server(empty=empty)
            except BaseException:
                os.close(users)
                raise
        self._users = users
        return server.conninfo(DATABASE)

    def leave(self) -> None:
        """Stop being a user; the last one stops the server unless it is kept."""
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            with self._mutex():
                if self._alone(users) and not self.kept():
                    self._stop_all()
        finally:
            os.close(users)

    def keep(self) -> None:
        """From now on the server outlives its users."""
        with self._mutex():
            (self.home / "keep").touch()

    def stop(self, *, now: bool = False) -> None:
        """End `keep` and stop the server. While others use it: BusyError, unless `now` disconnects them."""
        if self.home.exists():
            with self._mutex():
                self._stop_for_good(now)

    def destroy(self, *, now: bool = False) -> list[Path]:
        """Delete the server with its data, and nothing else that lies in the home; tell what it was."""
        gone = []
        with self._mutex():
            self._stop_for_good(now)
            for path in self.files():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                gone.append(path)
        with contextlib.suppress(OSError):  # whatever else is in there stays
            self.home.rmdir()
        return gone

    def files(self) -> list[Path]:
        """Everything this module ever puts on disk."""
        patterns = ("pg[0-9]*", "binaries-*", "run", "keep", "users", "mutex")
        here = sorted(path for pattern in patterns for path in self.home.glob(pattern))
        outside = self._socket_dir()
        return here if outside.parent == self.home or not outside.exists() else [*here, outside]

    def user_pids(self) -> list[int]:
        """Other processes that use the server, where the system tells."""
        try:
            inode = (self.home / "users").stat().st_ino
            locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        except OSError:
            return []
        pids = {int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].endswith(f":{inode}")}
        return sorted(pids - {os.getpid()})

    # ---- inside the mutex ----

    def _running_server(self, *, empty: bool) -> Server:
        binaries = find_binaries()
        server = self.server(binaries.major, binaries.bindir)
        answer = server.wait_ready(DATABASE)
        if answer is None:
            if server.run("postgres", ["-V"])[0] != 0:
                binaries = reachable_copy(binaries, self.home)
                server = self.server(binaries.major, binaries.bindir)
            if not server.datadir.exists():
                self._refuse_other_major(binaries, empty)
                self._init(server)
            server.start()
            answer = server.wait_ready(DATABASE)
        if answer == DATABASE_MISSING:
            _create_database(server)
            answer = server.probe(DATABASE)
        if answer != "":
            raise ConnectError(
                "the embedded server does not let us in",
                sqlstate=answer,
                where=str(server.log),
                next_command="sqlctl db info",
            )
        return server

    def _init(self, server: Server) -> None:
        try:
            server.init()
        except ConnectError as error:
            if server.account and "ermission denied" in (error.detail or ""):
                error.hint = (
                    f"root's server runs as user {server.account.name}, who must be able to enter that directory: "
                    "choose another with SQLCTL_HOME"
                )
            raise

    def _refuse_other_major(self, binaries: Binaries, empty: bool) -> None:
        if empty or not self.majors():
            return
        old = self.majors()[-1]
        raise RefusedError(
            f"the embedded server's data was made by PostgreSQL {old}, but {binaries.version} is installed",
            detail=f"data: {self.home / f'pg{old}'}; programs: {binaries.bindir} ({binaries.origin})",
            hint=f"go on with the data: SQLCTL_PG_BINDIR=the folder of PostgreSQL {old}'s programs; "
            "begin an empty server beside it: sqlctl db start --empty",
            next_command="sqlctl db info",
        )

    def _stop_for_good(self, now: bool) -> None:
        (self.home / "keep").unlink(missing_ok=True)
        users = self._open("users")
        try:
            if not now and not self._alone(users):
                pids = ", ".join(map(str, self.user_pids())) or "?"
                raise BusyError(
                    "the embedded server is in use; it stops when its last user ends",
                    detail=f"used by process {pids}",
                    next_command="sqlctl db stop --now   (disconnects them)",
                )
            self._stop_all()
        finally:
            os.close(users)

    def _stop_all(self) -> None:
        for major in self.majors():
            self.server(major).stop()
        if self._socket_dir().parent != self.home:
            shutil.rmtree(self._socket_dir(), ignore_errors=True)

    def _alone(self, users: int) -> bool:
        """True if nobody else uses the server; then the lock is ours alone."""
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextlib.contextmanager
    def _mutex(self, *, timeout: float = 90) -> Iterator[None]:
        mutex = -1

        def take() -> bool:
            nonlocal mutex
            mutex = self._open("mutex")
            with contextlib.suppress(FileNotFoundError):
                # `destroy` may have deleted the file that we waited for: then it locks nobody out.
                if self._alone(mutex) and os.path.samestat(os.fstat(mutex), (self.home / "mutex").stat()):
                    return True
            os.close(mutex)
            return False

        if not wait_until(take, timeout=timeout):
            raise BusyError(f"somebody has been starting or stopping the embedded server for {timeout:.0f} s")
        try:
            yield
        finally:
            os.close(mutex)

    # ---- files ----

    def _open(self, name: str) -> int:
        path = self.home / name
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise RefusedError(
                f"{self.home} belongs to another user",
                detail=str(error),
                hint="choose your own: SQLCTL_HOME=DIRECTORY",
            ) from error
        owner = self.home.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:  # root as a guest: its owner must be able to come back
            os.chown(path, owner.st_uid, owner.st_gid)
        return file

    def _make_home(self) -> None:
        missing = [folder for folder in (self.home, *self.home.parents) if not folder.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir()
                # The server's user must get through what root makes; a user's is nobody else's business.
                folder.chmod(0o755 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise ConnectError(
                f"no database was given, and the embedded server's directory cannot be made: {self.home}",
                detail=error.strerror,
                hint="name a database with --dsn or DATABASE_URL, or another directory with SQLCTL_HOME",
            ) from error

    def _socket_dir(self) -> Path:
        inside = self.home / "run"
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
            return inside
        return Path("/tmp") / f"sqlctl-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    def _account(self) -> Account | None:
        """As root: whose data it is, else postgres, else nobody."""
        if os.geteuid() != 0:
            return None
        for path in (*self.home.glob("pg[0-9]*"), self.home):
            if path.exists() and path.stat().st_uid != 0:
                return Account.of(path.stat().st_uid)
        return Account.unprivileged()


def _create_database(server: Server) -> None:
    import psycopg

    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}")


_held: tuple[Embedded, str] | None = None


def hold() -> str:
    """Conninfo of the embedded server, used until this process ends."""
    global _held
    if _held is None:
        embedded = Embedded()
        # A signal must not skip the leaving: by default Python dies of these at once.
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _exit_on_signal)
        _held = (embedded, embedded.enter())
        atexit.register(_release, os.getpid())
    return _held[1]


def _exit_on_signal(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _release(pid: int) -> None:
    global _held
    if _held is not None and os.getpid() == pid:  # a fork is no user of its own
        embedded, _held = _held[0], None
        try:
            embedded.leave()
        except SqlctlError as error:
            error.show()
