"""What the database offers: the functions and procedures of schema fleet, read from its catalog."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_QUERY = """
select
  p.proname as name,
  p.prokind = 'p' as is_procedure,
  p.proretset as returns_set,
  rt.typtype = 'c' or p.prorettype = 'pg_catalog.record'::pg_catalog.regtype as returns_row,
  p.prorettype = 'pg_catalog.void'::pg_catalog.regtype as returns_nothing,
  pg_catalog.pg_get_function_result(p.oid) as result,
  coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') as comment,
  (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', coalesce(p.proargnames[a.n], ''),
      'type', pg_catalog.format_type(a.type, null),
      'element', case when t.typcategory = 'A' then pg_catalog.format_type(t.typelem, null) end,
      'default', pg_catalog.pg_get_function_arg_default(p.oid, a.n::integer),
      'variadic', coalesce(p.proargmodes[a.n] = 'v', false)) order by a.n), '[]')
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as a (type, n)
    join pg_catalog.pg_type as t on t.oid = a.type
    where coalesce(p.proargmodes[a.n], 'i') in ('i', 'b', 'v')
  ) as arguments
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_type as rt on rt.oid = p.prorettype
where n.nspname = 'fleet'
  and p.prokind in ('f', 'p')
  and rt.typname not in ('trigger', 'event_trigger')
  and (%(name)s::text is null or p.proname = %(name)s)
order by p.proname
"""


@dataclass(frozen=True)
class Argument:
    """An input argument; default is an SQL expression, None where the argument is required."""

    name: str
    type: str
    element: str | None
    default: str | None
    variadic: bool

    @property
    def is_json(self) -> bool:
        return self.type in ("json", "jsonb")

    @property
    def default_words(self) -> str:
        """The default for people: 'cli'::text is cli, NULL::text is nothing."""
        text = re.sub(r"::[a-z][a-z \[\]]*$", "", self.default or "")
        return "" if text == "NULL" else re.sub(r"^'(.*)'$", r"\1", text).replace("''", "'")


@dataclass(frozen=True)
class Routine:
    """A function or procedure of schema fleet."""

    name: str
    is_procedure: bool
    returns_set: bool
    returns_row: bool
    returns_nothing: bool
    result: str | None
    comment: str
    arguments: tuple[Argument, ...]

    @property
    def summary(self) -> str:
        """The first sentence of its comment."""
        first = " ".join(self.comment.split("\n\n")[0].split())
        return re.split(r"(?<=\.)\s", first, maxsplit=1)[0]


def list_routines(connection: psycopg.Connection[Any], name: str | None = None) -> list[Routine]:
    """All routines, or those of one name."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_QUERY, {"name": name}).fetchall()
    return [
        Routine(**{**row, "arguments": tuple(Argument(**argument) for argument in row["arguments"])})
        for row in rows
    ]


def is_installed(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database has the schema fleet at all."""
    row = connection.execute("select pg_catalog.to_regnamespace('fleet') is not null").fetchone()
    return bool(row and row[0])
