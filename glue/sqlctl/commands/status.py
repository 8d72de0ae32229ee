"""sqlctl status: the ledger and the fleet at a glance, for any role that may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sqlctl.options import database_option, json_option
from sqlctl.output import note, print_json, print_pairs

if TYPE_CHECKING:
    import psycopg

    from sqlctl.ledger import State
    from sqlctl.sqlfiles import Tree

_GLANCE = {
    "live_sessions": "select count(*) from fleet.ps_sessions where ended_at is null",
    "open_spawns": "select count(*) from fleet.active_spawns where completed_at is null",
    "stalled_spawns": "select count(*) from fleet.get_stalled_spawns()",
}


@click.command()
@database_option
@click.option("--pending", is_flag=True, help="List only what migrate would do.")
@click.option("--exit-code", is_flag=True, help="Exit 1 when something is pending.")
@json_option
def status(dsn: str | None, pending: bool, exit_code: bool, as_json: bool) -> None:
    """Show what is applied, what is pending, and the fleet at a glance. Changes nothing.

    \b
    Examples:
      sqlctl status
      sqlctl status --pending --exit-code
    """
    from sqlctl.sqlfiles import load_tree
    from sqlctl.target import announce, connect, resolve_target

    tree = load_tree()
    target = resolve_target(dsn)
    announce(target)
    with connect(target, application_name="sqlctl status", read_only=True) as connection:
        facts = read_facts(connection, tree)
    facts["database"] = target.describe()
    if as_json:
        print_json({"pending": facts["pending"]} if pending else facts)
    elif pending:
        show_pending(facts)
    else:
        show(facts)
    if exit_code and (facts["pending"] or facts["problems"]):
        raise click.exceptions.Exit(1)


def read_facts(connection: psycopg.Connection[Any], tree: Tree) -> dict[str, Any]:
    """Everything status shows, ready for JSON."""
    import psycopg

    from sqlctl import __version__
    from sqlctl.dberrors import from_database_error
    from sqlctl.ledger import read_state

    try:
        with connection.transaction():
            state = read_state(connection)
    except psycopg.Error as error:
        raise from_database_error(error) from None
    pending, problems = _pending(tree, state)
    newest = [row for row in state.applied.values() if row.status == "applied"][-1:]
    return {
        "sqlctl": __version__,
        "server": connection.info.parameter_status("server_version"),
        "applied": len(state.applied) - len(state.started),
        "newest": f"{newest[0].version}_{newest[0].name}" if newest else None,
        "applied_at": newest[0].applied_at if newest else None,
        "objects": len(state.objects),
        "pending": pending,
        "problems": problems,
        "fleet": _glance(connection) if "fleet" in state.schemas else None,
    }


def _pending(tree: Tree, state: State) -> tuple[list[dict[str, str]], list[str]]:
    """What migrate would do, and why it would refuse."""
    from sqlctl.errors import SqlctlError
    from sqlctl.planning import make_plan

    try:
        plan = make_plan(tree, state)
    except SqlctlError as error:
        return [], [error.message]
    pending = [{"kind": "migration", "name": migration.stem} for migration in plan.pending]
    pending += [{"kind": "adoption", "name": migration.stem} for migration in plan.adopted]
    pending += [{"kind": sand.kind, "name": sand.path} for sand in plan.sand]
    pending += [{"kind": "partition", "name": table} for table in plan.partitions]
    return pending, []


def _glance(connection: psycopg.Connection[Any]) -> dict[str, int | None]:
    """Counts of what lives now; null where the table is not there or not for us to read."""
    import psycopg

    counts: dict[str, int | None] = {}
    for name, query in _GLANCE.items():
        try:
            with connection.transaction():
                row = connection.execute(query.encode()).fetchone()
            counts[name] = row[0] if row else None
        except psycopg.Error:
            counts[name] = None
    return counts


def show(facts: dict[str, Any]) -> None:
    pending = facts["pending"]
    pairs = {
        "database": facts["database"],
        "server": f"PostgreSQL {facts['server']}, sqlctl {facts['sqlctl']}",
        "applied": f"{facts['applied']} migrations, {facts['objects']} files of functions and views",
        "newest": facts["newest"] or "none",
        "applied at": facts["applied_at"],
        "pending": "unknown, migrate would refuse" if facts["problems"] else len(pending) or "nothing",
    }
    for name, count in (facts["fleet"] or {}).items():
        pairs[name.replace("_", " ")] = "-" if count is None else count
    print_pairs((name, value) for name, value in pairs.items() if value is not None)
    for problem in facts["problems"]:
        note(problem)
    if pending:
        note("what is pending: sqlctl status --pending")


def show_pending(facts: dict[str, Any]) -> None:
    for problem in facts["problems"]:
        note(problem)
    for item in facts["pending"]:
        click.echo(f"{item['kind']:<10}  {item['name']}")
