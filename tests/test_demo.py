"""make demo: finds what it planted, blames nobody else, leaves nothing, and fails where it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "glue" / "demo"))

from conftest import clean_environment
from fleet import AGENTS, judge
from sqlctl.pgserver import wait_until

DEMO = Path(__file__).resolve().parents[1] / "glue" / "demo"


def command(folder: Path) -> list[str]:
    return [sys.executable, str(DEMO), str(folder / "demo")]


def left_behind(folder: Path) -> list[str]:
    """Command lines of the processes that have the demo's home in their environment or arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_bytes().decode())
    return found


def test_demo(short_folder: Path) -> None:
    for _ in range(2):  # the first makes the server
        done = subprocess.run(
            command(short_folder), env=clean_environment(), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert left_behind(short_folder) == []
    for words in (
        "CRITICAL  spawn demo/breaks: error in its output: KeyError: 'plan.md'",
        "WARNING   spawn demo/hangs: no new output",
        "WARNING   orphaned_work demo-night/orphan: still running though its session ended",
        "All 3 faults found, the healthy agent not blamed.",
        "Type next",
    ):
        assert words in done.stdout


def test_two_demos_at_once_take_turns(short_folder: Path) -> None:
    demos = [
        subprocess.Popen(
            command(short_folder),
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [demo.communicate(timeout=120)[0] for demo in demos]
    assert [demo.returncode for demo in demos] == [0, 0], outputs
    assert sum("Another demo runs in" in output for output in outputs) == 1, outputs
    assert left_behind(short_folder) == []


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_demo_leaves_nothing(short_folder: Path, number: int, code: int) -> None:
    with subprocess.Popen(
        command(short_folder), env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        output = short_folder / "demo" / "demo-outputs" / "hangs.log"
        assert wait_until(lambda: output.exists() and output.stat().st_size > 0, timeout=40)
        assert len(left_behind(short_folder)) > 5
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == code
    assert wait_until(lambda: left_behind(short_folder) == [], timeout=5)


@pytest.fixture
def report() -> dict[str, Any]:
    """What a check that gets everything right would say."""
    findings = [
        {"name": agent.check, "subject": agent.name, "status": agent.status, "message": agent.evidence}
        for agent in AGENTS
        if agent.check
    ]
    return {"findings": [*findings, {"name": "spawn", "subject": "demo", "status": "ok", "message": ""}]}


def test_a_right_report_is_right(report: dict[str, Any]) -> None:
    assert judge(2, json.dumps(report)) == []


def test_each_fault_must_be_found(report: dict[str, Any]) -> None:
    for number in range(3):
        lacking = {"findings": [f for n, f in enumerate(report["findings"]) if n != number]}
        (wrong,) = judge(2, json.dumps(lacking))
        assert f"{report['findings'][number]['subject']} is not found" in wrong


@pytest.mark.parametrize("change", [{"status": "ok"}, {"name": "partitions"}, {"message": "something else"}])
def test_a_fault_must_be_found_as_what_it_is(report: dict[str, Any], change: dict[str, str]) -> None:
    report["findings"][0].update(change)
    assert any("is not found" in wrong for wrong in judge(2, json.dumps(report)))


@pytest.mark.parametrize("subject", ["demo/works", "demo/hangs", "spawn_history", None])
def test_nobody_else_may_be_blamed(report: dict[str, Any], subject: str | None) -> None:
    blame = {"name": "orphaned_work", "subject": subject, "status": "warning", "message": "odd"}
    report["findings"].append(blame)
    (wrong,) = judge(2, json.dumps(report))
    assert "is blamed: odd" in wrong


def test_the_exit_code_must_be_critical(report: dict[str, Any]) -> None:
    assert judge(1, json.dumps(report)) == ["sqlctl check exited with 1, not 2"]
