"""A server that nothing outlives, for a database to compare with."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlctl import binaries
from sqlctl.binaries import Binaries, find_binaries, reachable_copy
from sqlctl.errors import ConnectError, RefusedError
from sqlctl.pgserver import Server

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@contextlib.contextmanager
def scratch_server(major: int) -> Iterator[Server]:
    """A throwaway server of that major; data, socket and process are gone afterwards."""
    chosen = binaries_of(major)
    # The kernel bounds a socket's path to about 100 bytes: a short folder.
    folder = Path(tempfile.mkdtemp(prefix="sqlctl-", dir="/tmp"))
    try:
        folder.chmod(0o755)  # as root the server runs as another user, which must get through
        server = Server(chosen.bindir, folder / "data", folder / "run")
        if server.account and server.run("postgres", ["-V"])[0] != 0:
            server.bindir = reachable_copy(chosen, folder).bindir
        server.init(sync=False)
        server.start(_FAST)
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries_of(major: int) -> Binaries:
    """Server programs of that major; RefusedError says what to pass instead."""
    found: list[Binaries | None] = []
    with contextlib.suppress(ConnectError):
        found.append(find_binaries())
    found += [binaries.read_binaries(bindir, origin) for bindir, origin in binaries.candidates()]
    for candidate in found:
        if candidate and candidate.major == major:
            return candidate
    raise RefusedError(
        f"the database runs PostgreSQL {major}; no server of that major is installed here to compare with",
        hint="name an empty database of the same server: sqlctl drift --scratch-dsn DSN "
        "(or SQLCTL_PG_BINDIR=FOLDER with its programs)",
    )
