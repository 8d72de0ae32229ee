"""The embedded server's directory: which files lie where, whose they are, and its two locks.

`mutex` is held for the moment in which somebody comes, goes, starts or stops. `users` is shared by every
process that uses the server, for as long as it does; who can take it alone is the last one. The kernel
releases both when a process dies, however it dies.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlctl.accounts import Account
from sqlctl.errors import BusyError, ConnectError, RefusedError
from sqlctl.pgserver import wait_until

LONGEST_SOCKET_PATH = 90  # the kernel's limit is 104 to 108 bytes, file name included


def home() -> Path:
    """SQLCTL_HOME, else the platform's data directory."""
    chosen = os.environ.get("SQLCTL_HOME")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        if os.geteuid() == 0:
            # Root's own home is closed to the user that the server runs as.
            return Path("/usr/local/var/sqlctl" if sys.platform == "darwin" else "/var/lib/sqlctl")
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "sqlctl"
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sqlctl"
    except RuntimeError as error:  # a container's user without a home
        raise ConnectError(
            "no database was given, and this user has no home for the embedded server",
            hint="name a database with --dsn or DATABASE_URL, or a directory with SQLCTL_HOME",
        ) from error


class Home:
    """One directory, for one embedded server a PostgreSQL major."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home()
        self.keep_file = self.folder / "keep"

    def make(self) -> None:
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                # The server's user must get through what root makes; a user's is nobody else's business.
                folder.chmod(0o755 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise ConnectError(
                f"no database was given, and the embedded server's directory cannot be made: {self.folder}",
                detail=error.strerror,
                hint="name a database with --dsn or DATABASE_URL, or another directory with SQLCTL_HOME",
            ) from error

    def datadir(self, major: int) -> Path:
        return self.folder / f"pg{major}"

    def majors(self) -> list[int]:
        """PostgreSQL majors that have data here."""
        names = [path.parent.name for path in self.folder.glob("pg*/PG_VERSION")]
        return sorted(int(name[2:]) for name in names if name[2:].isdigit())

    def socket_dir(self) -> Path:
        """Inside, unless that makes the socket's path too long for the kernel."""
        inside = self.folder / "run"
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
            return inside
        # Not TMPDIR: every process must find the same, also from cron.
        return Path("/tmp") / f"sqlctl-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"

    def files(self) -> list[Path]:
        """Everything of the embedded server that is on disk."""
        patterns = ("pg[0-9]*", "binaries-*", "run", "keep", "users", "mutex")
        here = sorted(path for pattern in patterns for path in self.folder.glob(pattern))
        outside = self.socket_dir()
        return here if outside.parent == self.folder or not outside.exists() else [*here, outside]

    def account(self) -> Account | None:
        """As root: whose data it is, else postgres, else nobody."""
        if os.geteuid() != 0:
            return None
        for path in (*self.folder.glob("pg[0-9]*"), self.folder):
            if path.exists() and path.stat().st_uid != 0:
                return Account.of(path.stat().st_uid)
        return Account.unprivileged()

    # ---- locks ----

    def open(self, name: str) -> int:
        """A descriptor of a lock file, which is made if it is not there."""
        path = self.folder / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise RefusedError(
                f"{self.folder} belongs to another user",
                detail=str(error),
                hint="choose a directory of your own: SQLCTL_HOME=DIRECTORY",
            ) from error
        owner = self.folder.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:  # root as a guest: its owner must be able to come back
            os.chown(path, owner.st_uid, owner.st_gid)
        return descriptor

    @contextlib.contextmanager
    def mutex(self, *, timeout: float = 90) -> Iterator[None]:
        descriptor = -1

        def take() -> bool:
            nonlocal descriptor
            descriptor = self.open("mutex")
            with contextlib.suppress(FileNotFoundError):
                # `destroy` may have deleted the file that we waited for: then it locks nobody out.
                current = (self.folder / "mutex").stat()
                if take_alone(descriptor) and os.path.samestat(os.fstat(descriptor), current):
                    return True
            os.close(descriptor)
            return False

        if not wait_until(take, timeout=timeout):
            raise BusyError(f"somebody has been starting or stopping the embedded server for {timeout:.0f} s")
        try:
            yield
        finally:
            os.close(descriptor)

    def user_pids(self) -> list[int]:
        """Other processes that use the server, where the system tells."""
        try:
            inode = (self.folder / "users").stat().st_ino
            locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        except OSError:
            return []
        pids = {int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].endswith(f":{inode}")}
        return sorted(pids - {os.getpid()})


def take_alone(descriptor: int) -> bool:
    """Take the lock exclusively if nobody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
