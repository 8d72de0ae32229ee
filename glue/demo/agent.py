"""One agent of the demo: a real process that writes real output, well or badly. It ends after a minute."""

from __future__ import annotations

import socket
import sys
import time
import traceback

LIFETIME_SECONDS = 60.0
STEP_SECONDS = 0.2


def work() -> None:
    """Write all the time."""
    deadline = time.monotonic() + LIFETIME_SECONDS
    step = 0
    while time.monotonic() < deadline:
        step += 1
        print(f"step {step}: done", flush=True)
        time.sleep(STEP_SECONDS)


def hang() -> None:
    """Write a little, then wait for an answer that never comes."""
    print("step 1: done", flush=True)
    print("step 2: asking for a review", flush=True)
    mine, _theirs = socket.socketpair()
    mine.settimeout(LIFETIME_SECONDS)
    mine.recv(1)


def break_down() -> None:
    """Print a traceback, and go on as if nothing had happened."""
    try:
        print("step 1: done", flush=True)
        documents: dict[str, str] = {}
        print(documents["plan.md"])
    except KeyError:
        traceback.print_exc()
    work()


if __name__ == "__main__":
    {"work": work, "hang": hang, "break": break_down}[sys.argv[1]]()
