"""make demo: a small real fleet with planted faults. Fails if `sqlctl check` misses one or blames the well.

It has an embedded server of its own, whose database is made anew on each run; no other data is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
from fleet import AGENTS, NIGHT, PROJECT, STALL_SECONDS, Demo, DemoError, judge
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlctl.embedded import Embedded, home
from sqlctl.errors import SqlctlError
from sqlctl.serverhome import Home, take_alone

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 20.0


def make_anew(conninfo: str) -> None:
    """An empty database; that of an earlier run goes, unless somebody looks at it."""
    name = sql.Identifier(str(conninfo_to_dict(conninfo)["dbname"]))
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(name))
        connection.execute(sql.SQL("create database {}").format(name))


def start_fleet(demo: Demo, conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for project in (PROJECT, NIGHT):
            connection.execute("select fleet.start_session(%s)", (project,))
        for agent in AGENTS:
            demo.spawn(agent)
        limit = f"{STALL_SECONDS} seconds"
        demo.run("call", "change_stall_rule", "--project", PROJECT, "--stalled-after", limit)
        wait_until(lambda: all(demo.silence(agent) >= 0 for agent in AGENTS), "the agents did not start")
        connection.execute("select fleet.end_session(%s)", (NIGHT,))


def wait_until(condition: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(words)
        time.sleep(0.05)


def show(demo: Demo, conninfo: str) -> None:
    """The demo itself, step by step."""
    started = time.monotonic()
    say(f"PostgreSQL runs, embedded, in {shown(demo.folder)}")
    demo.run("migrate")
    say(f"sqlctl migrate: done in {time.monotonic() - started:.1f} s")
    start_fleet(demo, conninfo)
    say(f"Four agents at work; silence is a stall after {STALL_SECONDS} s:")
    for agent in AGENTS:
        print(f"    {agent.task:<7} {agent.words}")
    hanging = next(agent for agent in AGENTS if agent.behaviour == "hang")
    wait_until(lambda: demo.silence(hanging) > STALL_SECONDS + 0.2, "nothing is silent")
    say(f"{demo.silence(hanging):.1f} s after the last word of one of them: sqlctl check\n")
    sys.stdout.flush()
    demo.check()
    wrong = judge(*demo.check("--format", "json"))
    print()
    if wrong:
        raise DemoError("\n".join(wrong))
    faults = sum(agent.check is not None for agent in AGENTS)
    say(f"All {faults} faults found, the healthy agent not blamed.")


def say(text: str) -> None:
    width = max(30, min(shutil.get_terminal_size((80, 24)).columns, 80))
    lines = text.split("\n")
    print("\n".join(textwrap.fill(f"* {lines[0]}", width, subsequent_indent="  ").split("\n") + lines[1:]))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def show_next(demo: Demo) -> None:
    here = f"SQLCTL_HOME={shown(demo.folder)} {shown(Path(demo.sqlctl[0]))}"
    print("\nType next")
    for command, words in (
        (f"{here} psql", "the demo's database"),
        (f"{here} call --list", "all it can do"),
        ("make migrate DATABASE_URL=postgresql://...", "install it in yours"),
    ):
        print(f"  # {words}\n  {command}")


def demo_folder(given: Sequence[str]) -> Path:
    """The given one, else one in the checkout, or beside root's data if its server cannot get there."""
    if given:
        return Path(given[0]).absolute()
    folder = ROOT / ".build" / "demo"
    closed = os.geteuid() == 0 and any(
        parent.exists() and not parent.stat().st_mode & 0o001 for parent in folder.parents
    )
    return home() / "demo" if closed else folder


@contextlib.contextmanager
def alone(home: Home) -> Iterator[None]:
    """Nobody else runs the demo in this home meanwhile: there is one database, and one folder of outputs."""
    home.make()
    descriptor = home.open("demo-running")
    try:
        if not take_alone(descriptor):
            say(f"Another demo runs in {shown(home.folder)}; this one waits for its end.")
            sys.stdout.flush()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def signals_as_exit() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind like Ctrl-C, so that no agent is left."""

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> int:
    started = time.monotonic()
    folder = demo_folder(sys.argv[1:])
    embedded = Embedded(folder)
    demo = Demo(folder)
    try:
        with signals_as_exit(), alone(embedded.home), embedded.use() as conninfo:
            make_anew(conninfo)
            demo.clear()
            try:
                show(demo, conninfo)
            finally:
                demo.end_all()
    except KeyboardInterrupt:
        print("\ninterrupted; the agents are ended", file=sys.stderr)
        return 130
    except (DemoError, SqlctlError, psycopg.Error) as error:
        print(f"demo failed: {error}\n  log: {demo.log}", file=sys.stderr)
        return 1
    say(f"{time.monotonic() - started:.1f} s; the agents and the server are stopped.")
    show_next(demo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
