"""sqlctl new: a new migration file from a template."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import click

from sqlctl.errors import RefusedError
from sqlctl.output import note

TEMPLATE = """\
-- migrate:up

-- What this is for, and why so. Stone only: tables, types, constraints, indexes, data; no function, view,
-- grant, owner. `set local`, never `set`; no begin or commit. An index on a filled table, or a backfill, goes
-- into a file of its own whose first line is `-- migrate:up transaction:false`, with one statement.
-- Edit the sheet in schema/ too.

-- migrate:down

"""


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a new migration file and print its path. NAME says what it does: add_spawns_priority.

    \b
    Example:
      sqlctl new add_spawns_priority
    """
    from sqlctl.sqlfiles import load_tree

    stem = re.sub(r"[\s-]+", "_", name.strip().lower())
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", stem):
        raise click.BadParameter("use letters, digits and _, a letter first, at most 80", param_hint="NAME")
    tree = load_tree()
    folder = tree.root / "migrations"
    if "site-packages" in folder.parts:
        raise RefusedError(
            "this sqlctl is an installed package; migrations are written in a checkout",
            hint="name its folder: SQLCTL_SQL_DIR=.../sql",
        )
    taken = [migration for migration in tree.migrations if migration.name == stem]
    if taken:
        raise RefusedError(f"{taken[0].path} has that name already", hint="choose another name")
    path = folder / f"{next_version([m.version for m in tree.migrations])}_{stem}.sql"
    try:
        with path.open("x") as file:
            file.write(TEMPLATE)
    except OSError as error:
        raise RefusedError(f"cannot write {path}: {error.strerror}") from None
    click.echo(_shown(path))
    note("fill in both sections, edit the sheet in sql/schema/, then: make drift reversible")


def next_version(existing: list[str]) -> str:
    """Now in UTC, or one second after the newest if clocks disagree: a new migration is never late."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    if existing:
        try:
            newest = datetime.datetime.strptime(max(existing), "%Y%m%d%H%M%S")
        except ValueError:
            return str(int(max(existing)) + 1)
        now = max(now, newest + datetime.timedelta(seconds=1))
    return f"{now:%Y%m%d%H%M%S}"


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
