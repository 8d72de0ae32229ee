"""Whom the server runs as: root itself may not run PostgreSQL."""

from __future__ import annotations

import contextlib
import pwd
import subprocess
from dataclasses import dataclass
from typing import Any

from sqlctl.errors import ConnectError


@dataclass(frozen=True)
class Account:
    """The user that the server runs as when root starts it."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> Account:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:  # a container's user without a name
            return cls(str(uid), uid, uid)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @classmethod
    def unprivileged(cls) -> Account:
        """postgres, else nobody: root itself may not run PostgreSQL."""
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return cls.of(pwd.getpwnam(name).pw_uid)
        raise ConnectError("root may not run PostgreSQL, and there is no user postgres or nobody")

    def check(self) -> None:
        """ConnectError if we may not become this user at all, as root of a rootless container may not."""
        try:
            subprocess.run(["/bin/sh", "-c", ":"], cwd="/", check=False, **identity(self))
        except OSError as error:
            raise ConnectError(
                f"root may not run PostgreSQL, and cannot become user {self.name} here",
                detail=error.strerror,
                hint="run sqlctl as an ordinary user, or name a database with --dsn or DATABASE_URL",
            ) from error


def identity(account: Account | None) -> dict[str, Any]:
    """Arguments for subprocess that make it run as `account` and in no other group."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
