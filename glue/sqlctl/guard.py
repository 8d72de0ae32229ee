"""Run work that may hang in places where Python cannot interrupt it (name resolution, a dead mount)."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

SECONDS_TO_LEAVE = 1.0
_WATCHED = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class GuardError(Exception):
    """The work did not come to its end."""


def run_guarded(work: Callable[[], int], seconds: float) -> int:
    """Do the work in a child process; its exit code. GuardError after `seconds`, on Ctrl-C, or if it dies."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it as well, and decides
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # the driver cancels what the server is at
        signal.setitimer(signal.ITIMER_REAL, seconds + 2 * SECONDS_TO_LEAVE)  # should the parent be killed
        try:
            sys.exit(work())
        except KeyboardInterrupt:  # the parent speaks
            sys.exit(1)

    def interrupt(number: int, _: FrameType | None) -> None:
        if number == signal.SIGALRM:
            raise GuardError(f"not finished after {seconds:g} s")
        raise GuardError(f"interrupted by {signal.Signals(number).name}")

    before = {number: signal.signal(number, interrupt) for number in _WATCHED}
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        _, status = os.waitpid(pid, 0)
    except GuardError:
        for number in _WATCHED:
            signal.signal(number, signal.SIG_IGN)
        _end(pid)
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        raise GuardError(f"killed by {signal.Signals(-code).name}")
    return code


def _end(pid: int) -> None:
    """Ask, then kill; never wait for a process that the kernel holds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(pid, number)
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while time.monotonic() < deadline:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
            time.sleep(0.01)
