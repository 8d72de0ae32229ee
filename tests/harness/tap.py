"""A small `prove` for machines without perl: runs pgTAP files through psql and judges their TAP.

Same verdicts as pg_prove: a failed assertion, a plan that was not kept, or a psql that died fails the file.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

PSQL = str(Path(__file__).resolve().with_name("psql-clone"))
# as pg_prove calls it
COMMAND = [PSQL, "-XqAt", "-P", "pager=off", "-v", "ON_ERROR_ROLLBACK=1", "-v", "ON_ERROR_STOP=1"]
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\b(.*))?", re.IGNORECASE)
RESULT = re.compile(r"^(not )?ok\b\s*(\d+)?")
TODO = re.compile(r"#\s*todo\b", re.IGNORECASE)


@dataclass
class Verdict:
    """What one file's TAP says: how many assertions ran, and everything that is wrong with it."""

    path: str
    planned: int | None = None
    ran: int = 0
    faults: list[str] = field(default_factory=list)


def judge(path: str, tap: str, exit_code: int) -> Verdict:
    """Read one file's TAP; an empty list of faults means it passed."""
    verdict = Verdict(path)
    for line in tap.splitlines():
        plan = PLAN.match(line)
        if plan and verdict.planned is None:
            verdict.planned = int(plan[1])
        elif plan:
            verdict.faults.append("more than one plan")
        result = RESULT.match(line)
        if result:
            verdict.ran += 1
            if result[2] and int(result[2]) != verdict.ran:
                verdict.faults.append(f"test {result[2]} came out of order, expected {verdict.ran}")
            if result[1] and not TODO.search(line):
                verdict.faults.append(line)
        elif line.startswith("Bail out!"):
            verdict.faults.append(line)
    if verdict.planned is None:
        verdict.faults.append("no plan found")
    elif verdict.planned != verdict.ran:
        verdict.faults.append(f"planned {verdict.planned} tests but ran {verdict.ran}")
    if exit_code:
        verdict.faults.append(f"psql exited {exit_code}")
    return verdict


def run_file(path: str) -> tuple[Verdict, str]:
    """Run one file; returns its verdict and what psql printed."""
    done = subprocess.run(
        [*COMMAND, "-f", path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return judge(path, done.stdout, done.returncode), done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    started = time.monotonic()
    ran, failed = 0, 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict, output in pool.map(run_file, options.files):
            ran += verdict.ran
            print(f"{verdict.path} .. {'not ok' if verdict.faults else 'ok'}", flush=True)
            if verdict.faults:
                failed += 1
                print(
                    "\n".join(f"#   {line}" for line in [*output.splitlines(), *verdict.faults]), flush=True
                )
            else:
                print("".join(f"{line}\n" for line in output.splitlines() if "# SKIP" in line), end="")
    seconds = time.monotonic() - started
    print(f"Files={len(options.files)}, Tests={ran}, {seconds:.0f} wallclock secs")
    print(f"Result: {'FAIL' if failed else 'PASS'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
