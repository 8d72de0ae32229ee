"""The wheel works where there is no checkout: it carries its SQL along."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import Database, clean_environment

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed, with nothing of the checkout in sight."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True)
    (wheel,) = folder.glob("sqlctl-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "sqlctl/sql/repeatable.sql" in names
    assert not [name for name in names if "/tests/" in name]
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def sqlctl(installed: Path, database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -P and an explicit path: neither the editable install's finder nor the checkout comes first
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); from sqlctl.cli import main; main()"
    environment = {**clean_environment(), **database.environment}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=os.sep,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_wheel_migrates_and_checks(installed: Path, empty_db: Database) -> None:
    migrated = sqlctl(installed, empty_db, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert "done in" in migrated.stdout
    checked = sqlctl(installed, empty_db, "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wheel_does_what_the_checkout_does(installed: Path, db: Database) -> None:
    """A database that the checkout migrated holds nothing that the wheel would change."""
    done = sqlctl(installed, db, "migrate")
    assert (done.returncode, done.stdout) == (0, "nothing to do\n"), done.stderr
