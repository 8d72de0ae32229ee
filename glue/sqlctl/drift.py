"""The sheet against a database: what pg_dump says of both, object by object."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlctl.dberrors import from_database_error
from sqlctl.dump import FLEET_ONLY, dump_schema, entries
from sqlctl.sqlfiles import Tree, included_files, read_text

Rows = dict[str, set[str]]

_TABLES = """
select c.relname::text
from pg_catalog.pg_class as c
where c.relnamespace = to_regnamespace('fleet') and c.relkind in ('r', 'p') and not c.relispartition
order by 1
"""


# The dumps leave partitions out by name. A partition has its owner's rights only and its parent's constraints
# only, and what bears a partition's name is one.
_ODD_PARTITIONS = """
select c.relname::text, o.kind, o.words
from pg_catalog.pg_class as c
left join pg_catalog.pg_inherits as i on i.inhrelid = c.oid
cross join lateral (
  select 'extra', 'it is no partition of any table'
  where i.inhparent is null
  union all
  select 'different', format(
    '%s is granted to %s', a.privilege_type, coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'))
  from aclexplode(c.relacl) as a
  where i.inhparent is not null and a.grantee <> c.relowner
  union all
  select 'different', 'it has a constraint of its own: ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
  from pg_catalog.pg_constraint as k
  where i.inhparent is not null and k.conrelid = c.oid and k.contype = 'c'
    and not exists (
      select from pg_catalog.pg_constraint as p
      where p.conrelid = i.inhparent and p.conname = k.conname
        and pg_get_constraintdef(p.oid) = pg_get_constraintdef(k.oid))
) as o (kind, words)
where c.relnamespace = to_regnamespace('fleet') and c.relkind in ('r', 'p') and c.relname ~ '_p[0-9]{8}'
order by 1, 3
"""


@dataclass(frozen=True)
class Difference:
    """One object that the sheet and the database do not share alike."""

    what: str  # different; missing from the database; extra there
    kind: str
    schema: str
    name: str
    label: str
    diff: str


def build_reference(connection: psycopg.Connection[Any], tree: Tree) -> None:
    """Roles, sheet and sand, in one transaction."""
    files = [("roles.sql", tree.roles_sql)]
    files += [(path, read_text(tree.root / path)) for path in included_files(tree.root, "schema.sql")]
    files += [(sand.path, sand.sql) for sand in tree.sand]
    with connection.transaction():
        for path, text in files:
            try:
                connection.execute(text.encode())
            except psycopg.Error as error:
                raise from_database_error(error, where=str(tree.root / path)) from None


def odd_partitions(connection: psycopg.Connection[Any]) -> list[Difference]:
    """Partitions that differ from their parents, and tables that only bear the name of one."""
    return [
        Difference(kind, "TABLE", "fleet", name, f"table fleet.{name}", words)
        for name, kind, words in connection.execute(_ODD_PARTITIONS)
    ]


def compare_dumps(sheet: str, database: str) -> list[Difference]:
    """Differences by object, in the order of the sheet's dump."""
    wanted = {entry.key: entry for entry in entries(sheet)}
    found = {entry.key: entry for entry in entries(database)}
    differences = []
    for key in [*wanted, *(key for key in found if key not in wanted)]:
        one, other = wanted.get(key), found.get(key)
        if one and other and one.text == other.text:
            continue
        what = "different" if one and other else "missing" if one else "extra"
        entry = one or other
        assert entry is not None
        diff = "\n".join(_diff(one.text if one else "", other.text if other else ""))
        differences.append(Difference(what, *key, entry.label, diff))
    return differences


def dump_fleet(program: Path, environment: Mapping[str, str]) -> str:
    return dump_schema(program, environment, FLEET_ONLY)


def read_rows(connection: psycopg.Connection[Any], only: Rows | None = None) -> Rows:
    """The rows of fleet's tables as JSON text: of all that have any, or of the tables of `only`."""
    tables = [row[0] for row in connection.execute(_TABLES).fetchall()]
    rows: Rows = {}
    for table in tables:
        if only is not None and table not in only:
            continue
        query = sql.SQL("select to_jsonb(t)::text from fleet.{} as t").format(sql.Identifier(table))
        found = {row[0] for row in connection.execute(query).fetchall()}
        if found or only is not None:
            rows[table] = found
    return rows


def missing_rows(shipped: Rows, database: Rows) -> list[str]:
    """Shipped rows that the database does not hold as shipped: a changed policy, which is no drift."""
    return [
        f"fleet.{table}: not as shipped: {row}"
        for table, rows in shipped.items()
        for row in sorted(rows - database.get(table, set()))
    ]


def _diff(sheet: str, database: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        sheet.splitlines(), database.splitlines(), "sheet", "database", n=1, lineterm=""
    )
    return (line for line in lines if not line.startswith("@@"))
