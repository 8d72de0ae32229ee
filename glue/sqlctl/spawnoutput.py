"""The file that a spawn writes to: empty at first, as it was if refused, removed when forgotten."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from pathlib import Path
from urllib.parse import quote

from sqlctl.textclean import shorten

DAYS_KEPT = 30


class NewOutput:
    """An empty file, 0600, open for the command. What stood there is FILE.1 now: an old error is no news."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = path.with_name(f"{path.name}.1")
        self._last_but_one = path.with_name(f"{path.name}.1~")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._is_new = not os.path.lexists(path)
        self._is_rotated = path.is_file() and path.stat().st_size > 0
        if self._is_rotated:
            if self._last.is_file():
                self._last.replace(self._last_but_one)
            path.replace(self._last)
        try:
            self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError:
            self._put_back()
            raise

    def hold(self) -> None:
        """Let nobody remove it as forgotten, for as long as the command or a child of it has it open."""
        with contextlib.suppress(OSError):
            fcntl.flock(self.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def keep(self) -> None:
        """The spawn is registered."""
        if self._is_rotated:
            with contextlib.suppress(OSError):
                self._last_but_one.unlink()

    def undo(self) -> None:
        """The spawn is refused: all is as it was, unless somebody else has put a file there meanwhile."""
        with contextlib.suppress(OSError):
            if os.path.samestat(self._path.stat(), os.fstat(self.descriptor)):
                if self._is_new:
                    self._path.unlink()
                self._put_back()
        os.close(self.descriptor)

    def _put_back(self) -> None:
        if self._is_rotated:
            self._last.replace(self._path)
            if self._last_but_one.is_file():
                self._last_but_one.replace(self._last)


def default_output(home: Path, project: str, task_id: str) -> Path:
    """Where the output goes if nobody says: no name can lead out of the folder or be too long for it."""
    name = shorten(quote(f"{project}.{task_id}", safe=" "), 200).replace("…", "")
    return home / "outputs" / f"{name}.log"


def remove_forgotten(folder: Path) -> None:
    """Remove outputs not written to for 30 days that no command has open. What cannot be removed stays."""
    oldest = time.time() - DAYS_KEPT * 86400
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.endswith((".log", ".log.1", ".log.1~")):
                with contextlib.suppress(OSError):
                    _remove_if_forgotten(path, oldest)


def _remove_if_forgotten(path: Path, oldest: float) -> None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_mtime >= oldest:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    finally:
        os.close(descriptor)
