"""The embedded server: started by its first user, stopped by its last.

A user that is killed cannot stop it: then the next user finds it running, and stops it when it leaves.
A file `keep` (from `sqlctl db start`) means that only `sqlctl db stop` stops it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from sqlctl.binaries import Binaries, find_binaries, reachable_copy
from sqlctl.errors import BusyError, ConnectError, RefusedError, SqlctlError
from sqlctl.pgserver import DATABASE_MISSING, STARTING, Server
from sqlctl.serverhome import Home, home, take_alone

__all__ = ["DATABASE", "Embedded", "hold", "home"]

DATABASE = "fleet"


class Embedded:
    """The embedded server of one home directory."""

    def __init__(self, folder: Path | None = None) -> None:
        self.home = Home(folder)
        self._users: int | None = None

    def server(self, major: int, bindir: Path = Path()) -> Server:
        """The server of one major; stopping it needs no programs."""
        return Server(bindir, self.home.datadir(major), self.home.socket_dir(), account=self.home.account())

    def running(self) -> Server | None:
        servers = (self.server(major) for major in self.home.majors())
        return next((server for server in servers if server.running()), None)

    def kept(self) -> bool:
        return self.home.keep_file.exists()

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
        self.home.make()
        with self.home.mutex():
            users = self.home.open("users")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                server = self._running_server(empty=empty)
            except BaseException:
                self._let_go(users)
                raise
        self._users = users
        return server.conninfo(DATABASE)

    def leave(self) -> None:
        """Stop being a user; the last one stops the server unless it is kept."""
        if self._users is not None:
            users, self._users = self._users, None
            with self.home.mutex():
                self._let_go(users)

    def keep(self) -> None:
        """From now on the server outlives its users."""
        with self.home.mutex():
            self.home.keep_file.touch()

    def stop(self, *, now: bool = False) -> None:
        """End `keep` and stop the server. While others use it: BusyError, unless `now` disconnects them."""
        if self.home.folder.exists():
            with self.home.mutex():
                self._stop_for_good(now)

    def destroy(self, *, now: bool = False) -> list[Path]:
        """Delete the server with its data, and nothing else that lies in the home; tell what it was."""
        gone: list[Path] = []
        if not self.home.folder.exists():
            return gone
        with self.home.mutex():
            self._stop_for_good(now)
            for path in self.home.files():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                gone.append(path)
        with contextlib.suppress(OSError):  # whatever else is in there stays
            self.home.folder.rmdir()
        return gone

    # ---- inside the mutex ----

    def _let_go(self, users: int) -> None:
        try:
            if take_alone(users) and not self.kept():
                self._stop_all()
        finally:
            # Explicitly: a fork of ours may have the descriptor too.
            fcntl.flock(users, fcntl.LOCK_UN)
            os.close(users)

    def _stop_for_good(self, now: bool) -> None:
        self.home.keep_file.unlink(missing_ok=True)
        users = self.home.open("users")
        try:
            if not take_alone(users) and not now:
                pids = ", ".join(map(str, self.home.user_pids())) or "?"
                raise BusyError(
                    "the embedded server is in use; it stops when its last user ends",
                    detail=f"used by process {pids}",
                    next_command="sqlctl db stop --now   (disconnects them)",
                )
            self._stop_all()
        finally:
            os.close(users)

    def _stop_all(self) -> None:
        for major in self.home.majors():
            server = self.server(major)
            if server.running():
                server.stop()
                with contextlib.suppress(OSError):
                    server.socket_dir.rmdir()  # it may lie outside of the home

    def _running_server(self, *, empty: bool) -> Server:
        binaries = find_binaries()
        server = self.server(binaries.major, binaries.bindir)
        answer = server.wait_ready(DATABASE)
        if answer is None:
            if server.run("postgres", ["-V"])[0] != 0:
                if server.account:
                    server.account.check()
                binaries = reachable_copy(binaries, self.home.folder)
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
                hint="it starts or recovers: try again" if answer == STARTING else None,
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
                    f"root's server runs as user {server.account.name}, who must be able to enter "
                    "that directory: choose another with SQLCTL_HOME"
                )
            raise

    def _refuse_other_major(self, binaries: Binaries, empty: bool) -> None:
        majors = self.home.majors()
        if empty or not majors:
            return
        old = majors[-1]
        raise RefusedError(
            f"the embedded server's data was made by PostgreSQL {old}, but {binaries.version} is installed",
            detail=f"data: {self.home.datadir(old)}; programs: {binaries.bindir} ({binaries.origin})",
            hint=f"go on with the data: SQLCTL_PG_BINDIR=the folder of PostgreSQL {old}'s programs; "
            "begin an empty server beside it: sqlctl db start --empty",
            next_command="sqlctl db info",
        )


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
