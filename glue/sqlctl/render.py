"""One plain psql script that does what migrate does; each step asks the ledger whether it is due."""

from __future__ import annotations

from pathlib import Path

from sqlctl import __version__, ledger
from sqlctl.sqlfiles import Migration, SandFile, Tree
from sqlctl.sqltext import literal

ROLES_GUARD = Path(__file__).with_name("render_roles.sql")

_HEAD = """\
\\set ON_ERROR_STOP on
-- Written by sqlctl {version} render. Does what `sqlctl migrate` does, with psql 14 or newer alone:
--   psql -d DATABASE -f THIS_FILE
-- Steps that the database has already are skipped: run it again after an error, or at any time.
set client_min_messages = warning;
"""

_OPEN = """\
begin;
set local lock_timeout = '50ms';
lock table sqlctl.runner_lock in exclusive mode nowait;
"""


def render(tree: Tree, schema: str) -> str:
    """The whole script; `schema` is where dbmate's table is or belongs."""
    parts = [
        _HEAD.format(version=__version__),
        _title("roles"),
        "begin;",
        ROLES_GUARD.read_text(),
        tree.roles_sql,
        "commit;\n",
        _title("ledger"),
        _ledger(tree, schema),
        _title("what must not be"),
        _OPEN,
        _refusals(tree, schema),
        _adoptions(tree, schema),
        _is_due(tree),
        "\\if :sqlctl_due",
        ledger.begin_run("render") + "\n",
        *[_migration(migration, schema) for migration in tree.migrations],
        *[_object(sand) for sand in tree.sand],
        ledger.end_run(),
        "\\endif\n",
        _partitions(tree),
        "commit;",
        "\\echo done",
    ]
    return "\n".join(parts) + "\n"


def _title(text: str) -> str:
    return f"-- ---- {text} ----\n"


def _ask(variable: str, condition: str) -> str:
    return f"select {condition} as {variable} \\gset"


def _ledger(tree: Tree, schema: str) -> str:
    return "\n".join(
        [
            "begin;",
            _foreign_table_guard(tree, schema),
            _ask(
                "sqlctl_step",
                "not exists (select from pg_catalog.pg_namespace where nspname = 'sqlctl')",
            ),
            "\\if :sqlctl_step",
            ledger.create_ledger(schema),
            ledger.create_dbmate_table(schema),
            "\\endif",
            "commit;\n",
        ]
    )


def _foreign_table_guard(tree: Tree, schema: str) -> str:
    """Another tool's schema_migrations is left alone."""
    return f"""\
do $sqlctl$
declare
  v_columns  text;
  v_foreign  text;
begin
  select string_agg(a.attname || ' ' || format_type(a.atttypid, null), ', ' order by a.attnum) into v_columns
  from pg_catalog.pg_attribute as a
  where a.attrelid = to_regclass({literal(ledger.dbmate_table(schema))})
    and a.attnum > 0 and not a.attisdropped;
  if v_columns is null then
    return;
  elsif v_columns not in ('version character varying', 'version text') then
    raise exception '{schema}.schema_migrations (%) belongs to another tool', v_columns
      using hint = 'sqlctl render --ledger-schema NAME';
  end if;
  execute $query$
    select string_agg(m.version, ', ') from {ledger.dbmate_table(schema)} as m
    where m.version <> all ({_versions(tree)})$query$ into v_foreign;
  if v_foreign is not null then
    raise exception '{schema}.schema_migrations holds %, unknown to this script', v_foreign
      using hint = 'another tool''s table: sqlctl render --ledger-schema NAME; else use the newer sqlctl';
  end if;
end
$sqlctl$;"""


def _refusals(tree: Tree, schema: str) -> str:
    """The rules of migrate, as far as a script can ask them."""
    files = ",\n      ".join(f"({literal(m.version)}, {literal(m.code_sha256)})" for m in tree.migrations)
    return f"""\
do $sqlctl$
declare
  v_problems  text;
begin
  select string_agg(p.problem, '; ' order by p.problem) into v_problems
  from (
    with files (version, code_sha256) as (values
      {files}
    )
    select m.version || ' was started and has not ended'
    from sqlctl.migrations as m where m.status = 'started'
    union all
    select m.version || ' is applied and not in this script: use the newer one'
    from sqlctl.migrations as m where m.version not in (select f.version from files as f)
    union all
    select f.version || ': its code changed since it was applied'
    from files as f join sqlctl.migrations as m on m.version = f.version where m.code_sha256 <> f.code_sha256
    union all
    select f.version || ' is late: a newer one is applied'
    from files as f
    where f.version < (select max(m.version) from sqlctl.migrations as m)
      and f.version not in (select m.version from sqlctl.migrations as m)
      and f.version not in (select d.version from {ledger.dbmate_table(schema)} as d)
    union all
    select m.version || ' is not in {schema}.schema_migrations: ask sqlctl migrate'
    from sqlctl.migrations as m
    where m.version not in (select d.version from {ledger.dbmate_table(schema)} as d)
  ) as p (problem);
  if v_problems is not null then
    raise exception 'refused, nothing was changed: %', v_problems;
  end if;
end
$sqlctl$;
"""


def _adoptions(tree: Tree, schema: str) -> str:
    """What dbmate applied comes into our ledger."""
    return "\n".join(
        f"{_ask('sqlctl_step', _dbmate_alone(migration, schema))}\n\\if :sqlctl_step\n"
        f"{ledger.record_migration(migration, origin='dbmate', schema=schema)}\n\\endif\n"
        for migration in tree.migrations
    )


def _dbmate_alone(migration: Migration, schema: str) -> str:
    version = literal(migration.version)
    return (
        f"exists (select from {ledger.dbmate_table(schema)} where version = {version})\n"
        f"  and {_not_applied(migration)}"
    )


def _not_applied(migration: Migration) -> str:
    return f"not exists (select from sqlctl.migrations where version = {literal(migration.version)})"


def _not_laid(sand: SandFile) -> str:
    """The file differs from the ledger, or its object is missing."""
    same = f"path = {literal(sand.path)} and sha256 = {literal(sand.sha256)}"
    differs = f"not exists (select from sqlctl.objects where {same})"
    if sand.kind == "privileges":
        return differs
    table, name, namespace = (
        ("pg_class", "relname", "relnamespace")
        if sand.kind == "view"
        else ("pg_proc", "proname", "pronamespace")
    )
    conditions = [
        differs,
        f"not exists (select from pg_catalog.{table} where {name} = {literal(sand.name)}"
        f" and {namespace} = to_regnamespace({literal(sand.schema)}))",
    ]
    conditions += [
        f"not exists (select from pg_catalog.pg_trigger where tgname = {literal(trigger)}"
        f" and tgrelid = to_regclass({literal(f'{schema}.{on}')}))"
        for schema, on, trigger in sand.triggers
    ]
    return "\n  or ".join(conditions)


def _is_due(tree: Tree) -> str:
    conditions = [_not_applied(migration) for migration in tree.migrations]
    conditions += [_not_laid(sand) for sand in tree.sand]
    return _title("what is due") + _ask("sqlctl_due", "\n  or ".join(conditions) or "false")


def _migration(migration: Migration, schema: str) -> str:
    body = migration.up.sql.strip()
    if migration.up.transactional:
        steps = [body, ledger.record_migration(migration, schema=schema)]
    else:
        steps = [
            ledger.record_migration(migration, status="started", schema=schema),
            "commit;",
            body if body.endswith(";") else f"{body}\n;",
            _OPEN + _invalid_index_guard(migration),
            ledger.record_migration(migration, schema=schema),
        ]
    return "\n".join(
        [
            _title(migration.path),
            _ask("sqlctl_step", _not_applied(migration)),
            "\\if :sqlctl_step",
            f"\\echo applying {migration.stem}",
            *steps,
            "\\endif\n",
        ]
    )


def _invalid_index_guard(migration: Migration) -> str:
    return f"""\
do $sqlctl$
begin
  if exists (
    select from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'i'
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('fleet', 'fleet_internal')
    where not i.indisvalid
  ) then
    raise exception 'migration {migration.stem} left an INVALID index';
  end if;
end
$sqlctl$;"""


def _object(sand: SandFile) -> str:
    """A file of sand; privileges are laid whenever anything is due."""
    lines = [_title(sand.path)]
    body = [sand.sql.strip(), ledger.record_object(sand)]
    if sand.kind == "privileges":
        return "\n".join([*lines, *body, ""])
    return "\n".join([*lines, _ask("sqlctl_step", _not_laid(sand)), "\\if :sqlctl_step", *body, "\\endif\n"])


def _partitions(tree: Tree) -> str:
    names = {sand.name for sand in tree.sand}
    if not {"ensure_partitions", "list_missing_partitions"} <= names:
        return ""
    return "\n".join(
        [
            _title("partitions ahead"),
            _ask("sqlctl_step", "exists (select from fleet.list_missing_partitions())"),
            "\\if :sqlctl_step",
            "select count(*) as sqlctl_made from fleet.ensure_partitions() \\gset",
            "\\endif\n",
        ]
    )


def _versions(tree: Tree) -> str:
    return f"array[{', '.join(literal(m.version) for m in tree.migrations)}]::text[]"
