"""The pages in docs/ that print commands and their output: run, and compared."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import Database, clean_environment
from sqlctl.binaries import find_psql
from test_readme import url

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize("page", ["session-life.md"])
def test_a_page_prints_what_it_says(page: str, db: Database) -> None:
    (script,) = re.findall(r"^```bash\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    promised = [line[3:] for line in script.splitlines() if line.startswith("#> ")]
    assert len(promised) > 10
    path = f"{find_psql().parent}:{clean_environment()['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**clean_environment(), "DATABASE_URL": url(db), "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = iter(line for line in done.stdout.splitlines() if line)
    for line in promised:  # in this order; lines that the page does not show may stand between
        assert line in said, f"{line!r} did not come\n{done.stdout}"
