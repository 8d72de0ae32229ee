"""Look at one output file of a spawn: when it was last written, and whether its last lines show an error.

Nothing here raises for what a file may be. What is wrong with it is said in `Reading.problem`, as a code
and words: missing, unreadable, irregular, binary, oversized, future_mtime or bad_pattern.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlctl.textclean import clean, excerpt, shorten

TAIL_BYTES = 64 * 1024
TAIL_LINES = 50
ERROR_LINE_CHARACTERS = 500
PROBLEM_CHARACTERS = 500
CLOCK_TOLERANCE_SECONDS = 60
# More than this share of bytes that no text holds makes a file binary; one NUL does too.
BINARY_RATIO = 0.3

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Such as [:digit:], which PostgreSQL knows; Python warns of few of them.
_POSIX_CLASS = re.compile(r"\[([:.=])[\w-]+\1\]")
_NOT_TEXT = bytes(b for b in range(32) if b not in b"\t\n\v\f\r\a\b\x1b")
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@dataclass(frozen=True)
class OutputFile:
    """What the database says about an output file."""

    path: str
    error_pattern: str | None = None
    max_bytes: int | None = None


@dataclass(frozen=True)
class Reading:
    """What a look at a file showed. output_at is None where the file gave no time."""

    output_at: datetime | None = None
    error_line: str | None = None
    problem: str | None = None


def read_output(file: OutputFile, now: float) -> Reading:
    """Look at a file; `now` is the Unix time that its modification time is compared with."""
    reading, lines = read_tail(file, now)
    return find_error(reading, lines, file.error_pattern)


def read_tail(file: OutputFile, now: float) -> tuple[Reading, list[str]]:
    """Its time and problems, and its last 50 lines (never more than 64 kB are read), cleaned."""
    path = Path(file.path)
    if not path.is_absolute():
        return _problem("unreadable", "its path is not absolute"), []
    try:
        # Looked at before it is opened: opening a device may do things, opening a pipe may wake its writer.
        irregular = _kind(path.stat())
        if irregular:
            return _problem("irregular", irregular), []
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        return _problem("missing", f"{path}{' is a dangling link' if path.is_symlink() else ''}"), []
    except NotADirectoryError:
        return _problem("missing", f"a part of {path} is not a directory"), []
    except (OSError, ValueError) as error:
        return _unreadable(error), []
    try:
        status = os.fstat(descriptor)
        irregular = _kind(status)
        if irregular:
            return _problem("irregular", irregular), []
        tail = _read_at(descriptor, max(0, status.st_size - TAIL_BYTES))
    except OSError as error:
        return _unreadable(error), []
    finally:
        os.close(descriptor)
    lines = _last_lines(tail, whole=status.st_size <= TAIL_BYTES)
    output_at = _instant(status.st_mtime_ns)
    reading = Reading(output_at=output_at)
    for code, words in (
        ("future_mtime", _future(status.st_mtime, output_at, now)),
        ("binary", _binary(b"\n".join(lines))),
        ("oversized", _oversized(status.st_size, file.max_bytes)),
    ):
        if words:
            reading = _add_problem(reading, code, words)
    return reading, [clean(line.decode("utf-8", "replace")) for line in lines]


def find_error(reading: Reading, lines: list[str], pattern: str | None) -> Reading:
    """The reading, with the last line that matches the pattern as evidence."""
    if not pattern:
        return reading
    try:
        search = _compile(pattern).search
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        return _add_problem(reading, "bad_pattern", str(error))
    for line in reversed(lines):
        match = search(line)
        if match:
            return replace(reading, error_line=excerpt(line, match.start(), ERROR_LINE_CHARACTERS).strip())
    return reading


def _compile(pattern: str) -> re.Pattern[str]:
    """An error, too, where Python would read another pattern than PostgreSQL, and find nothing for ever."""
    posix = _POSIX_CLASS.search(pattern)
    if posix:
        raise re.error(f"Python has no {posix[0]}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", FutureWarning)
        return re.compile(pattern)


def _read_at(descriptor: int, offset: int) -> bytes:
    parts = []
    wanted = TAIL_BYTES
    while wanted > 0:
        part = os.pread(descriptor, wanted, offset)
        if not part:
            break
        parts.append(part)
        offset += len(part)
        wanted -= len(part)
    return b"".join(parts)


def _last_lines(tail: bytes, *, whole: bool) -> list[bytes]:
    lines = tail.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if not whole and len(lines) > 1:
        lines.pop(0)  # begins somewhere in a line
    return lines[-TAIL_LINES:]


def _instant(mtime_ns: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return None


def _kind(status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return ""
    return next((words for is_kind, words in _KINDS if is_kind(status.st_mode)), "not a regular file")


def _future(mtime: float, output_at: datetime | None, now: float) -> str:
    if mtime <= now + CLOCK_TOLERANCE_SECONDS:
        return "" if output_at else "its time is out of range"
    said = output_at.isoformat(timespec="seconds") if output_at else "a time out of range"
    return f"it says {said}, {mtime - now:.0f} s ahead of this host's clock"


def _binary(data: bytes) -> str:
    zeros = data.count(0)
    odd = len(data) - len(data.translate(None, _NOT_TEXT)) + data.decode("utf-8", "replace").count("\ufffd")
    if zeros:
        return f"{zeros} NUL bytes in the last lines" if zeros > 1 else "a NUL byte in the last lines"
    if odd > BINARY_RATIO * len(data):
        return f"{100 * odd // len(data)} % of the last lines is not UTF-8 text"
    return ""


def _oversized(size: int, limit: int | None) -> str:
    if limit is None or size <= limit:
        return ""
    return f"{format_bytes(size)}, more than {format_bytes(limit)}"


def format_bytes(size: int) -> str:
    """For people: 10.0 GB, 64.0 kB, 12 B."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def _unreadable(error: OSError | ValueError) -> Reading:
    return _problem("unreadable", (error.strerror if isinstance(error, OSError) else None) or str(error))


def _problem(code: str, words: str) -> Reading:
    return _add_problem(Reading(), code, words)


def _add_problem(reading: Reading, code: str, words: str) -> Reading:
    said = f"{code}: {clean(words)}"
    if reading.problem:
        said = f"{reading.problem}; {said}"
    return replace(reading, problem=shorten(said, PROBLEM_CHARACTERS))
