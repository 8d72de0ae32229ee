"""The standard streams: all three there at the start, and at the end nothing lost unsaid."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TextIO

# Where stdout is not buffered, what failed is gone, and only the error tells. Errors of files carry a name.
_WRITE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def open_closed() -> None:
    """/dev/null for each stream that was closed: Python has None for it, and the next file its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def lost_output(error: BaseException | None = None) -> str | None:
    """Why stdout cannot be written, if so (`error` may tell); then the rest goes to /dev/null."""
    try:
        sys.stdout.flush()
        if not isinstance(error, OSError) or error.filename or error.errno not in _WRITE_ERRORS:
            return None
    except OSError as failure:
        error = failure
    discard(sys.stdout)
    return None if isinstance(error, BrokenPipeError) else f"cannot write stdout: {error.strerror}"


def discard(stream: TextIO) -> None:
    """What the stream still holds, and whatever comes, goes to /dev/null."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def finish(code: int) -> int:
    """What a process does last, forked ones too. The exit code: 1 instead of 0 if output was lost."""
    reason = lost_output()
    with contextlib.suppress(OSError):
        if reason:
            sys.stderr.write(f"sqlctl: error: {reason}\n")
    try:
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    return (code or 1) if reason else code
