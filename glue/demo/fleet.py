"""The demo's fleet: agents that work, and agents that fail in ways the check must find."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

AGENT = Path(__file__).with_name("agent.py")
PROJECT, NIGHT = "demo", "demo-night"
STALL_SECONDS = 2
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
