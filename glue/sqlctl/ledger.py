"""The ledger in the database: what is read from it, and the statements that write it.

The statements are plain text, because the runner executes them and a rendered script contains them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlctl import __version__
from sqlctl.errors import RefusedError
from sqlctl.sqlfiles import Migration, SandFile
from sqlctl.sqltext import literal, quoted_name, statements

if TYPE_CHECKING:
    import psycopg

DEFAULT_SCHEMA = "public"
ROLES = ("fleet_owner", "fleet_writer", "fleet_reader", "fleet_auditor")
LEDGER_SQL = Path(__file__).with_name("ledger.sql")
CURRENT_RUN = "(select max(r.id) from sqlctl.runs as r)"  # true under the runner's lock


@dataclass(frozen=True)
class AppliedMigration:
    version: str
    name: str
    sha256: str
    code_sha256: str
    status: str
    ordinal: int
    applied_at: Any
    applied_by: str
    origin: str


@dataclass
class State:
    """What the database holds, as far as migrating needs to know."""

    has_ledger: bool = False
    schema: str = DEFAULT_SCHEMA  # where dbmate's table is, or belongs
    applied: dict[str, AppliedMigration] = field(default_factory=dict)  # in applied order
    objects: dict[str, str] = field(default_factory=dict)  # path -> sha256
    dbmate_columns: tuple[str, ...] | None = None  # None: there is no such table
    dbmate_readable: bool = True
    dbmate_versions: set[str] = field(default_factory=set)
    present: dict[tuple[str, str], int] = field(default_factory=dict)  # (schema, name) -> how many
    triggers: set[tuple[str, str, str]] = field(default_factory=set)  # (schema, table, trigger)
    schemas: set[str] = field(default_factory=set)
    missing_partitions: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    is_owner_member: bool = False

    @property
    def started(self) -> list[AppliedMigration]:
        return [row for row in self.applied.values() if row.status == "started"]

    def has(self, sand: SandFile) -> bool:
        """Whether the object that the file makes exists, and its triggers (privileges are no object).

        A migration that makes a table anew loses the triggers of the old one.
        """
        if sand.kind == "privileges":
            return True
        return (sand.schema, sand.name) in self.present and self.triggers.issuperset(sand.triggers)


def read_state(connection: psycopg.Connection[Any], chosen_schema: str | None = None) -> State:
    """Read it all; takes no lock that anyone would notice, and writes nothing."""
    state = State()
    row = _row(
        connection,
        """select to_regclass('sqlctl.migrations') is not null,
             array(select rolname::text from pg_catalog.pg_roles where rolname = any(%s)),
             array(select nspname::text from pg_catalog.pg_namespace)""",
        [list(ROLES)],
    )
    state.has_ledger, state.roles, state.schemas = row[0], set(row[1]), set(row[2])
    if "fleet_owner" in state.roles:
        state.is_owner_member = _row(connection, "select pg_has_role('fleet_owner', 'usage')")[0]
    stored = _read_ledger(connection, state) if state.has_ledger else None
    if stored and chosen_schema and stored != chosen_schema:
        raise RefusedError(
            f"dbmate's table of this database is in schema {stored}, not {chosen_schema}",
            hint=f"leave --ledger-schema out, or say --ledger-schema {stored}",
        )
    state.schema = stored or chosen_schema or DEFAULT_SCHEMA
    _read_dbmate(connection, state)
    _read_objects(connection, state)
    return state


def _read_ledger(connection: psycopg.Connection[Any], state: State) -> str:
    rows = connection.execute(
        """select version, name, sha256, code_sha256, status, ordinal, applied_at, applied_by, origin
           from sqlctl.migrations order by ordinal"""
    )
    state.applied = {row[0]: AppliedMigration(*row) for row in rows}
    state.objects = dict(connection.execute("select path, sha256 from sqlctl.objects").fetchall())
    schema: str = _row(connection, "select value from sqlctl.settings where name = 'ledger_schema'")[0]
    return schema


def _read_dbmate(connection: psycopg.Connection[Any], state: State) -> None:
    columns = connection.execute(
        """select a.attname::text, format_type(a.atttypid, null),
             has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
           from pg_catalog.pg_namespace as n
           join pg_catalog.pg_class as c on c.relnamespace = n.oid
           join pg_catalog.pg_attribute as a on a.attrelid = c.oid
           where n.nspname = %s and c.relname = 'schema_migrations' and a.attnum > 0 and not a.attisdropped
           order by a.attnum""",
        [state.schema],
    ).fetchall()
    if not columns:
        return
    state.dbmate_columns = tuple(f"{name} {kind}" for name, kind, _ in columns)
    state.dbmate_readable = columns[0][2]
    if state.dbmate_readable and is_dbmate_shape(state.dbmate_columns):
        rows = connection.execute(f"select version from {dbmate_table(state.schema)}".encode())
        state.dbmate_versions = {row[0] for row in rows}


def _read_objects(connection: psycopg.Connection[Any], state: State) -> None:
    rows = connection.execute(
        """select n.nspname::text, o.name::text, count(*)
           from pg_catalog.pg_namespace as n
           join (
             select pronamespace as namespace, proname as name from pg_catalog.pg_proc
             union all
             select relnamespace, relname from pg_catalog.pg_class where relkind = 'v'
           ) as o on o.namespace = n.oid
           where n.nspname in ('fleet', 'fleet_internal')
           group by 1, 2"""
    )
    state.present = {(schema, name): count for schema, name, count in rows}
    triggers = connection.execute(
        """select n.nspname::text, c.relname::text, t.tgname::text
           from pg_catalog.pg_trigger as t
           join pg_catalog.pg_class as c on c.oid = t.tgrelid
           join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
           where n.nspname in ('fleet', 'fleet_internal') and not t.tgisinternal"""
    )
    state.triggers = {(schema, table, trigger) for schema, table, trigger in triggers}
    if ("fleet", "list_missing_partitions") in state.present:
        missing = connection.execute("select table_name::text from fleet.list_missing_partitions()")
        state.missing_partitions = [row[0] for row in missing]


def _row(connection: psycopg.Connection[Any], query: str, values: list[Any] | None = None) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
    assert row is not None
    return row


# ---- statements that write it ----


def dbmate_table(schema: str) -> str:
    return f"{quoted_name(schema)}.schema_migrations"


def is_dbmate_shape(columns: tuple[str, ...]) -> bool:
    return columns in (("version character varying",), ("version text",))


def create_ledger(schema: str) -> str:
    """The ledger's tables and the choice of dbmate's schema."""
    setting = f"insert into sqlctl.settings (name, value) values ('ledger_schema', {literal(schema)});"
    return f"{LEDGER_SQL.read_text()}\n{setting}\n"


def create_dbmate_table(schema: str) -> str:
    """dbmate's table as dbmate makes it, open to fleet's roles as far as that is ours to give."""
    table = dbmate_table(schema)
    new_schema = (
        "" if schema in ("public", "sqlctl") else f"create schema if not exists {quoted_name(schema)};\n"
    )
    return f"""{new_schema}create table if not exists {table} (version character varying primary key);
do $$
begin
  if (select pg_catalog.pg_has_role(c.relowner, 'usage')
      from pg_catalog.pg_class as c where c.oid = {literal(table)}::regclass) then
    grant select, insert, delete on {table} to fleet_owner;
    grant select on {table} to fleet_reader;
  end if;
end
$$;
"""


def begin_run(command: str) -> str:
    values = f"{literal(command)}, {literal(__version__)}"
    return f"insert into sqlctl.runs (command, sqlctl_version) values ({values});"


def end_run() -> str:
    return f"update sqlctl.runs set finished_at = clock_timestamp() where id = {CURRENT_RUN};"


def record_migration(
    migration: Migration,
    *,
    status: str = "applied",
    duration_ms: int | None = None,
    origin: str = "sqlctl",
    schema: str,
) -> str:
    """The migration's row, and dbmate's once it is applied."""
    done = len(statements(migration.up.sql)) if status == "applied" else 0
    values = ", ".join(
        literal(value)
        for value in (
            migration.version,
            migration.name,
            migration.sha256,
            migration.code_sha256,
            status,
            done,
            duration_ms,
            __version__,
            origin,
        )
    )
    row = (
        "insert into sqlctl.migrations\n"
        "  (version, name, sha256, code_sha256, status, statements_done, duration_ms, sqlctl_version,\n"
        "  origin)\n"
        f"values ({values})\n"
        "on conflict (version) do update set\n"
        "  status = excluded.status, statements_done = excluded.statements_done,\n"
        "  duration_ms = excluded.duration_ms;"
    )
    if status != "applied":
        return row
    return f"{row}\n{record_for_dbmate(migration.version, schema=schema)}"


def record_for_dbmate(version: str, *, schema: str) -> str:
    return f"insert into {dbmate_table(schema)} (version) values ({literal(version)}) on conflict do nothing;"


def forget_migration(version: str, *, schema: str) -> str:
    return (
        f"delete from sqlctl.migrations where version = {literal(version)};\n"
        f"delete from {dbmate_table(schema)} where version = {literal(version)};"
    )


def record_object(sand: SandFile) -> str:
    values = ", ".join(literal(value) for value in (sand.path, sand.kind, sand.sha256))
    return (
        f"insert into sqlctl.objects (path, kind, sha256, run_id) values ({values}, {CURRENT_RUN})\n"
        "on conflict (path) do update set\n"
        "  sha256 = excluded.sha256, applied_at = clock_timestamp(), run_id = excluded.run_id;"
    )


def forget_object(path: str) -> str:
    return f"delete from sqlctl.objects where path = {literal(path)};"
