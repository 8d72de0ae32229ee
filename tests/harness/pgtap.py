"""Run the pgTAP files of sql/tests, and prove first that a broken file cannot pass.

    python tests/harness/pgtap.py [--self-check] [--runner NAME] [--jobs N] [FILE ...]

Runners, first that is there: pg_prove; prove (core perl); tap.py beside this file.
A run fails when a file fails, and also when fewer files or assertions ran than the files in sql/tests plan.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tap
from database import HarnessError, psql, server_environment, test_database
from fetch import ROOT, MissingToolError, pg_prove
from sqlctl.errors import SqlctlError

TESTS = ROOT / "sql" / "tests"
RULES = TESTS / "conventions" / "rules.sql"  # with the folder of that name: no tests, loaded before them
PLAN = re.compile(r"^\s*select\s+(?:tap\.)?plan\(\s*(\d+)\s*\)", re.IGNORECASE | re.MULTILINE)
CLOSING = re.compile(r"^Files=(\d+), Tests=(\d+)", re.MULTILINE)
SKIPPED = re.compile(r"#\s*SKIP\b", re.IGNORECASE)

# Planted by the self-check: each must fail the run, the last one must pass it.
PLANTED = {
    "failing": "begin; select plan(1); select ok(false, 'planted'); select * from finish(); rollback;",
    "short_plan": "begin; select plan(2); select pass('planted'); select * from finish(); rollback;",
    "dies_early": "begin; select plan(1); select 1 / 0; select pass('x'); select * from finish(); rollback;",
    "dies_late": "begin; select plan(1); select pass('planted'); select * from finish(); select 1 / 0;",
    "no_output": "begin; -- select plan(1);\nrollback;",
}
SOUND = "begin; select plan(1); select pass('sound'); select * from finish(); rollback;"


@dataclass(frozen=True)
class Run:
    """What a runner did: how many files and assertions, and whether it is content."""

    files: int
    tests: int
    skipped: int
    passed: bool


def main() -> int:
    options = _arguments()
    try:
        runner = choose_runner(options.runner)
        with server_environment() as server:
            with test_database(server, migrated=False) as environment:
                self_check(runner, environment)
            if options.self_check:
                return 0
            files = [path.resolve() for path in options.files] or committed_files()
            with test_database(server) as environment:
                psql(environment, "-f", str(RULES))
                return run_tests(runner, environment, files, jobs=options.jobs)
    except (HarnessError, MissingToolError, SqlctlError) as exc:
        print(f"pgtap: {exc}", file=sys.stderr)
        return 1


def run_tests(
    runner: Sequence[str], environment: Mapping[str, str], files: Sequence[Path], *, jobs: int
) -> int:
    """Run the files and compare what ran with what they plan."""
    plans = {path: planned(path) for path in files}
    run = execute(runner, environment, files, jobs=jobs)
    short = shortfall(run, plans)
    print(
        f"pgtap: {run.files} files, {run.tests} assertions, {run.skipped} skipped",
        flush=True,
    )
    if short:
        print(f"pgtap: {short}", file=sys.stderr)
    return 0 if run.passed and not short else 1


def committed_files() -> list[Path]:
    """All test files of sql/tests. One that git knows and the disk lacks is an error, not one test less."""
    found = {path for path in TESTS.rglob("*.sql") if path != RULES and path.parent != RULES.with_suffix("")}
    if not found:
        raise HarnessError(f"no test files under {TESTS.relative_to(ROOT)}")
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "sql/tests"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        names = [name for name in listed.stdout.split("\0") if name.endswith(".sql")]
        missing = [name for name in names if not (ROOT / name).exists()]
        if missing:
            raise HarnessError(f"committed, but not here: {', '.join(missing)} (git rm it, or restore it)")
    return sorted(found)


def planned(path: Path) -> int:
    """How many assertions a file says it makes; HarnessError unless it says so once and outright."""
    plans = PLAN.findall(path.read_text(encoding="utf-8"))
    if len(plans) != 1:
        raise HarnessError(f"{path}: expected one line `select plan(<number>);`, found {len(plans)}")
    return int(plans[0])


def shortfall(run: Run, plans: Mapping[Path, int]) -> str | None:
    """What is missing from a run, or None."""
    if run.files < len(plans):
        return f"{len(plans)} files are committed, {run.files} ran"
    if run.tests < sum(plans.values()):
        return f"the files plan {sum(plans.values())} assertions, {run.tests} ran"
    return None


def execute(
    runner: Sequence[str],
    environment: Mapping[str, str],
    files: Sequence[Path],
    *,
    jobs: int = 1,
    echo: bool = True,
) -> Run:
    """Run files through a runner, passing on what it prints."""
    names = [str(path.relative_to(ROOT)) if ROOT in path.parents else str(path) for path in files]
    process = subprocess.Popen(
        [*runner, "-j", str(jobs), *names],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if echo:
            print(line, end="", flush=True)
    passed = process.wait() == 0
    closing = CLOSING.search("".join(lines))
    ran, tests = (int(closing[1]), int(closing[2])) if closing else (0, 0)
    return Run(ran, tests, sum(1 for line in lines if SKIPPED.search(line)), passed)


def choose_runner(name: str) -> list[str]:
    """The command line of a runner; `auto` is the first that is there."""
    if name in ("auto", "pg_prove"):
        found = pg_prove()
        if found:
            return [*found, "--ext", ".sql", "--directives", "--psql-bin", tap.PSQL]
    prove = shutil.which("prove")
    if name in ("auto", "prove") and prove:
        return [prove, "--ext", ".sql", "--directives", "--exec", shlex.join([*tap.COMMAND, "-f"])]
    if name in ("auto", "tap.py"):
        return [sys.executable, str(Path(tap.__file__).resolve())]
    raise HarnessError(f"{name} is not on this machine")


def self_check(runner: Sequence[str], environment: Mapping[str, str]) -> None:
    """Plant files that must not pass, each alone and beside a sound one; HarnessError if one does."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "sound.sql")
        sound.write_text(SOUND)
        run = execute(runner, environment, [sound], echo=False)
        if run != Run(1, 1, 0, passed=True):
            raise HarnessError(f"self-check: a sound file does not pass: {run}")
        if shortfall(run, {sound: 2}) is None or shortfall(run, {sound: 1, Path("gone.sql"): 0}) is None:
            raise HarnessError("self-check: a run with too few files or assertions passes")
        for name, text in PLANTED.items():
            planted = Path(folder, f"{name}.sql")
            planted.write_text(text)
            if execute(runner, environment, [sound, planted], echo=False).passed:
                raise HarnessError(f"self-check: the planted file {name} passes")
    print(f"pgtap: self-check: {len(PLANTED)} planted faults each failed the run", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--self-check", action="store_true", help="plant broken files, expect each to fail")
    parser.add_argument("--runner", choices=["auto", "pg_prove", "prove", "tap.py"], default="auto")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
