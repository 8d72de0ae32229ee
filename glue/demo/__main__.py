"""make demo: a small real fleet with planted faults. Fails if `sqlctl check` misses one or blames the well.

It has an embedded server of its own, whose database is made anew on each run; no other data is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlctl.embedded import Embedded, home
from sqlctl.errors import SqlctlError

ROOT = Path(__file__).resolve().parents[2]
AGENT = Path(__file__).with_name("agent.py")
PROJECT, NIGHT = "demo", "demo-night"
STALL_SECONDS = 2
SECONDS_TO_START = 20.0
SECONDS_TO_END = 10.0


@dataclass(frozen=True)
class Agent:
    """An agent of the demo, and what the check must say of it; status None: nothing bad."""

    project: str
    task: str
    behaviour: str
    words: str
    check: str | None = None
    status: str | None = None
    evidence: str = ""

    @property
    def name(self) -> str:
        return f"{self.project}/{self.task}"


AGENTS = (
    Agent(PROJECT, "works", "work", "writes all the time"),
    Agent(
        PROJECT, "hangs", "hang", "waits for an answer that never comes", "spawn", "warning", "no new output"
    ),
    Agent(
        PROJECT,
        "breaks",
        "break",
        "prints a traceback and goes on",
        "spawn",
        "critical",
        "KeyError: 'plan.md'",
    ),
    Agent(
        NIGHT, "orphan", "work", "writes, but its session has ended", "orphaned_work", "warning", "session"
    ),
)


class DemoError(Exception):
    """The demo did not show what it should."""


class Demo:
    """The fleet: its folder, its commands, its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        script = Path(sys.executable).with_name("sqlctl")
        self.sqlctl = [str(script)] if script.exists() else [sys.executable, "-m", "sqlctl"]
        # Whatever database the caller has chosen elsewhere is not the demo's.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "SQLCTL_", "DATABASE_URL"))
        }
        self.environment = {**kept, "SQLCTL_HOME": str(folder)}
        self.outputs = folder / "demo-outputs"
        self.log = self.outputs / "sqlctl.log"
        self.running: list[subprocess.Popen[bytes]] = []

    def clear(self) -> None:
        shutil.rmtree(self.outputs, ignore_errors=True)
        self.outputs.mkdir(parents=True)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self.sqlctl, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DemoError(f"sqlctl {' '.join(arguments)} exited with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def run_together(self, *commands: Sequence[str]) -> None:
        """Several sqlctl commands side by side."""
        started = [self._start(command) for command in commands]
        for process, command in zip(started, commands, strict=True):
            if process.wait() != 0:
                raise DemoError(f"sqlctl {' '.join(command)} exited with {process.returncode}")

    def spawn(self, agent: Agent) -> None:
        """`sqlctl spawn` an agent, as a user would."""
        options = ["--project", agent.project, "--task-id", agent.task, "--description", agent.words]
        output = ["--output-file", str(self.output(agent))]
        command = [sys.executable, str(AGENT), agent.behaviour]
        self.running.append(self._start(["spawn", "--quiet", *options, *output, "--", *command]))

    def output(self, agent: Agent) -> Path:
        return self.outputs / f"{agent.task}.log"

    def silence(self, agent: Agent) -> float:
        """Seconds since the agent wrote something; negative if it has not yet."""
        try:
            status = self.output(agent).stat()
        except FileNotFoundError:
            return -1.0
        return time.time() - status.st_mtime if status.st_size else -1.0

    def check(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*self.sqlctl, "check", "--quiet", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE if arguments else None,  # else shown as it is
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def end_all(self) -> None:
        """End the agents; each spawn records how its agent ended."""
        for process in self.running:
            process.terminate()
        deadline = time.monotonic() + SECONDS_TO_END
        for process in self.running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        # In a session of its own: Ctrl-C reaches the demo alone, which then ends its agents.
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self.sqlctl, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def make_anew(conninfo: str) -> None:
    """An empty database; that of an earlier run goes, unless somebody looks at it."""
    name = conninfo_to_dict(conninfo)["dbname"]
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(str(name))))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(str(name))))


def start_fleet(demo: Demo) -> None:
    demo.run_together(
        ["call", "start_session", "--project", PROJECT],
        ["call", "start_session", "--project", NIGHT],
        ["call", "change_stall_rule", "--project", PROJECT, "--stalled-after", f"{STALL_SECONDS} seconds"],
    )
    for agent in AGENTS:
        demo.spawn(agent)
    wait_until(lambda: all(demo.silence(agent) >= 0 for agent in AGENTS), "the agents did not start")
    demo.run("call", "end_session", "--project", NIGHT)


def wait_until(condition: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(words)
        time.sleep(0.05)


def judge(exit_code: int, text: str) -> list[str]:
    """What the check got wrong."""
    report = json.loads(text)
    bad = [finding for finding in report["findings"] if finding["status"] != "ok"]
    wrong = [] if exit_code == 2 else [f"sqlctl check exited with {exit_code}, not 2"]
    for agent in AGENTS:
        about = [finding for finding in bad if finding["subject"] == agent.name]
        for finding in about:
            if finding["name"] != agent.check:
                wrong.append(f"{agent.name} is blamed: {finding['message']}")
        if agent.check and not any(
            finding["name"] == agent.check
            and finding["status"] == agent.status
            and agent.evidence in finding["message"]
            for finding in about
        ):
            wrong.append(f"{agent.name} is not found: it {agent.words}")
    names = {agent.name for agent in AGENTS}
    wrong += [
        f"{finding['subject'] or finding['name']} is blamed: {finding['message']}"
        for finding in bad
        if finding["subject"] not in names
    ]
    return wrong


def show(demo: Demo) -> None:
    """The demo itself, step by step."""
    started = time.monotonic()
    say(f"PostgreSQL runs, embedded, in {shown(demo.folder)}")
    demo.run("migrate")
    say(f"sqlctl migrate: done in {time.monotonic() - started:.1f} s")
    start_fleet(demo)
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


def demo_folder() -> Path:
    """In the checkout; where root's server, which runs as another user, cannot get there, beside its data."""
    folder = ROOT / ".build" / "demo"
    closed = os.geteuid() == 0 and any(
        parent.exists() and not parent.stat().st_mode & 0o001 for parent in folder.parents
    )
    return home() / "demo" if closed else folder


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
    folder = demo_folder()
    embedded = Embedded(folder)
    demo = Demo(folder)
    try:
        with signals_as_exit(), embedded.use() as conninfo:
            make_anew(conninfo)
            demo.clear()
            try:
                show(demo)
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
