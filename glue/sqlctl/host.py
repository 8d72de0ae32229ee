"""The name of this machine, as spawns and checks write it."""

from __future__ import annotations

import os
import socket


def host_name() -> str:
    """SQLCTL_HOST, else what the system calls itself."""
    return os.environ.get("SQLCTL_HOST") or socket.gethostname()
