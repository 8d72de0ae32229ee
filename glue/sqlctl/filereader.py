"""Look at many output files, none of which may stop the look at the others.

The files are read by a child process. Where a file gives no answer in time (a dead network mount, a
pattern that backtracks for ever) the child is killed and the next one goes on with the file after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from sqlctl.outputfiles import OutputFile, Reading, find_error, read_tail

READ, MATCH, DONE = "read", "match", "done"


def read_outputs(files: Sequence[OutputFile], *, seconds_each: float, seconds_all: float) -> list[Reading]:
    """A reading of each file, in order, in about `seconds_all` at most."""
    readings: list[Reading] = []
    deadline = time.monotonic() + seconds_all
    while len(readings) < len(files):
        if time.monotonic() >= deadline:
            left = Reading(problem=f"unreadable: not looked at, the others took over {seconds_all:g} s")
            return readings + [left] * (len(files) - len(readings))
        readings += _read_some(files[len(readings) :], seconds_each, deadline)
    return readings


def _read_some(files: Sequence[OutputFile], seconds_each: float, deadline: float) -> list[Reading]:
    """Readings of the first files: all, or those up to the one that gave no answer."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(files, writer)
    os.close(writer)
    done: list[Reading] = []
    buffer = b""
    stage, reading = READ, Reading()
    file_deadline = time.monotonic() + seconds_each
    failure = "no answer in time"
    try:
        while len(done) < len(files):
            wait = max(0.0, min(file_deadline, deadline) - time.monotonic())
            if not select.select([reader], [], [], wait)[0]:
                break
            data = os.read(reader, 65536)
            if not data:
                failure = "the process that read it died"
                break
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                stage, reading = _received(line)
                if stage == DONE:
                    done.append(reading)
                    stage, reading = READ, Reading()
                    file_deadline = time.monotonic() + seconds_each
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _reap(pid)
    if len(done) < len(files):
        # The reason why no error was found stands in front of what was found before.
        code = "unreadable" if stage == READ else "bad_pattern"
        problem = f"{code}: {failure}" + (f"; {reading.problem}" if reading.problem else "")
        done.append(replace(reading, problem=problem))
    return done


def _work(files: Sequence[OutputFile], writer: int) -> NoReturn:
    """The child: no cleanup of the parent's things on the way out, hence os._exit."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        now = time.time()
        for file in files:
            reading, lines = read_tail(file, now)
            _send(writer, MATCH, reading)
            _send(writer, DONE, find_error(reading, lines, file.error_pattern))
    finally:
        os._exit(0)


def _send(writer: int, stage: str, reading: Reading) -> None:
    at = reading.output_at.isoformat() if reading.output_at else None
    data = json.dumps([stage, at, reading.error_line, reading.problem]).encode() + b"\n"
    while data:
        data = data[os.write(writer, data) :]


def _received(line: bytes) -> tuple[str, Reading]:
    stage, at, error_line, problem = json.loads(line)
    return stage, Reading(datetime.fromisoformat(at) if at else None, error_line, problem)


def _reap(pid: int) -> None:
    """Collect the child, but never wait for one that the kernel holds in a dead mount."""
    for _ in range(50):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return
        time.sleep(0.002)
