"""Run a command with its output in a file, passing signals on to it. Nothing is read by a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

from sqlctl.outputfiles import OutputFile, read_tail
from sqlctl.textclean import shorten

MESSAGE_CHARACTERS = 1000
NOT_FOUND, NOT_EXECUTABLE = 127, 126


@dataclass(frozen=True)
class Ending:
    """How a command ended; reason is None where it did its work."""

    exit_code: int
    reason: str | None = None
    message: str | None = None


class SignalRelay:
    """Within it, signals to this process go to the command.

    Those that end it reach its whole process group, and the first is kept. The user's own reach the command
    alone: in a child that does not expect them they would be deadly.
    """

    ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    USERS = (signal.SIGUSR1, signal.SIGUSR2)

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._early: list[signal.Signals] = []
        self._pid: int | None = None
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> SignalRelay:
        for number in (*self.ENDING, *self.USERS):
            before = signal.getsignal(number)
            if before != signal.SIG_IGN:  # such as SIGHUP under nohup
                self._before[number] = before
                signal.signal(number, self._pass_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def attach(self, pid: int) -> None:
        """The command runs, as the leader of its group."""
        self._pid = pid
        for number in self._early:
            self._send(pid, number)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        if number in self.ENDING:
            self.received = self.received or signal.Signals(number)
        if self._pid is None:
            self._early.append(signal.Signals(number))
        else:
            self._send(self._pid, signal.Signals(number))

    def _send(self, pid: int, number: signal.Signals) -> None:
        send = os.kill if number in self.USERS else os.killpg
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(pid, number)


def run_command(command: Sequence[str], output: int, path: Path) -> Ending:
    """Run it in a session of its own until it ends. Its exit code is 128 + n where signal n ended it."""
    with SignalRelay() as relay:
        try:
            process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        except FileNotFoundError:
            return Ending(NOT_FOUND, "command_not_found", f"{command[0]}: command not found")
        except OSError as error:
            return Ending(NOT_EXECUTABLE, "not_executable", f"{command[0]}: {error.strerror}")
        except ValueError as error:  # a NUL in an argument
            return Ending(NOT_EXECUTABLE, "not_executable", str(error))
        relay.attach(process.pid)
        code = process.wait()
    ended_by = relay.received or (signal.Signals(-code) if code < 0 else None)
    exit_code = 128 - code if code < 0 else code
    if code == 0 and not ended_by:
        return Ending(0)
    words = f"exit code {exit_code}" if ended_by is None else f"ended by {ended_by.name}"
    return Ending(exit_code, ended_by.name if ended_by else "exit_code", _last_line(path) or words)


def _last_line(path: Path) -> str | None:
    _, lines = read_tail(OutputFile(str(path)), now=0)
    last = next((line for line in reversed(lines) if line.strip()), None)
    return shorten(last.strip(), MESSAGE_CHARACTERS) if last else None


def default_project(folder: Path) -> str:
    """The name of the git checkout that the folder is in, else of the folder."""
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate.name
    return folder.name
