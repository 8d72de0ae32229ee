"""What README.md tells people to type, typed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Database, clean_environment
from sqlctl.binaries import find_psql

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
NODE_FOLDER = ROOT / ".build" / "node"


def block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"README.md has {len(found)} blocks of {language}"
    return str(found[0])


def run(arguments: list[str], db: Database, home: Path, **variables: str) -> str:
    environment = {
        **clean_environment(),
        "DATABASE_URL": url(db),
        "SQLCTL_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{clean_environment()['PATH']}",
        **variables,
    }
    done = subprocess.run(
        arguments,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def url(db: Database) -> str:
    variables = db.environment
    password = f":{variables['PGPASSWORD']}" if "PGPASSWORD" in variables else ""
    host = variables["PGHOST"].replace("/", "%2F")
    return f"postgresql://{variables['PGUSER']}{password}@{host}:{variables.get('PGPORT', 5432)}/{db.name}"


def statuses(db: Database, home: Path) -> dict[str, str]:
    query = "select task_id || ' ' || status from fleet.spawns"
    rows = run([str(find_psql()), url(db), "-XAtc", query], db, home).splitlines()
    return dict(row.split(" ") for row in rows)


def test_the_line_that_puts_sqlctl_on_the_path() -> None:
    (line,) = re.findall(r"^    (export PATH=.*)$", README, re.MULTILINE)
    if not (ROOT / ".venv" / "bin" / "sqlctl").exists():
        pytest.skip("the tests do not run out of .venv: the line of README.md was not tried")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line}; command -v sqlctl"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{ROOT}/.venv/bin/sqlctl\n", done.stderr


def test_the_psql_example(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "example.sql"
    file.write_text(block("sql"))
    run([str(find_psql()), url(db), "-X", "-v", "ON_ERROR_STOP=1", "-f", str(file)], db, tmp_path)
    # psql sends each statement as a transaction of its own, as a person at the prompt does
    assert statuses(db, tmp_path) == {"task-17": "completed"}


def test_the_bash_example(db: Database, tmp_path: Path) -> None:
    assert "[]" in run(["bash", "-euc", block("bash")], db, tmp_path)
    assert statuses(db, tmp_path) == {"task-18": "completed", "task-19": "running"}


def test_the_python_example(db: Database, tmp_path: Path) -> None:
    run([sys.executable, "-c", block("python")], db, tmp_path)
    assert statuses(db, tmp_path) == {"task-20": "failed"}


def test_the_node_example(db: Database, tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed: the Node example of README.md was not run")
    if not (NODE_FOLDER / "node_modules" / "pg").exists():
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NODE_FOLDER), "pg@8"],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode != 0:
            pytest.skip(f"npm cannot fetch pg: the Node example was not run: {fetched.stderr[-300:]}")
    file = NODE_FOLDER / "example.mjs"
    file.write_text(block("js"))
    run(["node", str(file)], db, tmp_path)
    assert statuses(db, tmp_path) == {"task-21": "completed"}


def test_the_crontab_lines(db: Database, tmp_path: Path) -> None:
    """With the PATH that they give themselves: cron has no other."""
    settings, lines = [], []
    for line in filter(None, block("crontab").splitlines()):
        (settings if re.match(r"\w+=", line) else lines).append(line)
    assert len(lines) >= 5
    (path,) = (line.removeprefix("PATH=") for line in settings if line.startswith("PATH="))
    path = path.replace("/opt/sqlctl/.venv/bin", str(Path(sys.executable).parent))
    for line in lines:
        command = line.split(maxsplit=5)[5].replace("/var/lib/node_exporter", str(tmp_path))
        printed = run(["/bin/sh", "-c", command], db, tmp_path, PATH=path)
        assert printed == "", f"cron would mail: {line}"
    assert "sqlctl_check_status" in (tmp_path / "sqlctl.prom").read_text()


def test_every_command_it_names_exists() -> None:
    from sqlctl.cli import COMMANDS

    named = set(re.findall(r"\bsqlctl ([a-z]+)\b", README)) | set(
        re.findall(r"`([a-z]+)`", next(line for line in README.splitlines() if "`down`" in line))
    )
    assert named - {"sqlctl", "does"} <= set(COMMANDS), named - set(COMMANDS)
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `sqlctl"))
    assert all(name in table for name in COMMANDS), [name for name in COMMANDS if name not in table]


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = README + (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"\bmake ([a-z-]+)(?=[\s`).:;,]|$)", texts))
    prose = {"and"}
    assert named - prose <= targets, named - prose - targets


def test_no_link_leads_nowhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / shlex.split(link)[0]).exists(), f"{page.name}: {link}"
