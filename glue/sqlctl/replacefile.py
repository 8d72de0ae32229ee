"""Write a file so that its readers see the old one or the new one, whole, even after a power cut."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sqlctl.errors import SqlctlError


def replace_file(path: Path, text: str) -> None:
    """A temporary file in the same folder, fsync, rename."""
    path = path.resolve()  # a link stays a link
    if path.exists() and not path.is_file():
        raise SqlctlError(f"cannot write {path}: it is not a regular file")
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                mask = os.umask(0)
                os.umask(mask)
                os.fchmod(descriptor, 0o666 & ~mask)  # mkstemp's 0600 would hide it from its readers
                file.write(text.encode())
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SqlctlError(f"cannot write {path}: {error.strerror}") from error
