"""sqlctl migrate: bring the database up to this version."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from sqlctl.options import database_option, json_option, verbose_option
from sqlctl.output import note, print_json
from sqlctl.runoptions import ledger_schema_option, lock_options

if TYPE_CHECKING:
    from sqlctl.planning import Plan
    from sqlctl.runner import Outcome

KINDS = {"functions": "function", "views": "view", "privileges.sql": "privileges"}


@click.command()
@database_option
@click.option("--to", metavar="VERSION", help="Stop after this migration; functions and views then wait.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option(
    "--allow-late", is_flag=True, help="Apply migrations that are older than the newest applied one."
)
@ledger_schema_option
@lock_options
@json_option
@verbose_option
def migrate(
    dsn: str | None,
    to: str | None,
    dry_run: bool,
    allow_late: bool,
    ledger_schema: str | None,
    lock_timeout: float,
    lock_wait: float,
    as_json: bool,
    verbose: int,
) -> None:
    """Bring the database up to this version.

    Pending migrations, changed functions and views, and partitions ahead, all in one transaction: a run is
    whole or absent. With nothing to do it takes no lock and writes nothing.
    Exit 0 done, 1 the SQL failed, 3 cannot connect, 5 refused, 7 needs repair, 75 a lock is taken.

    \b
    Examples:
      sqlctl migrate --dry-run
      sqlctl migrate --lock-wait 10min
    """
    from sqlctl.migrator import Migrator
    from sqlctl.runner import Outcome, Patience
    from sqlctl.sqlfiles import load_tree
    from sqlctl.target import announce, connect, resolve_target

    tree = load_tree()
    target = resolve_target(dsn)
    announce(target)
    with connect(target, application_name="sqlctl migrate", read_only=dry_run) as connection:
        patience = Patience(round(lock_timeout * 1000), lock_wait)
        run = Migrator(target, connection, tree, patience, ledger_schema)
        run.to, run.allow_late = to, allow_late
        plan = run.plan()
        if dry_run:
            show_plan(plan, as_json)
            return
        outcome = Outcome(notes=plan.notes) if plan.is_empty else run.migrate(plan)
    if as_json:
        print_json(outcome_facts(outcome))
    else:
        show_outcome(outcome, verbose)


def show_plan(plan: Plan, as_json: bool) -> None:
    """What migrate would do."""
    facts = {
        "dry_run": True,
        "changed": False,
        "migrations": [{"migration": m.stem, "transaction": m.up.transactional} for m in plan.pending],
        "objects": [{"path": sand.path} for sand in plan.sand],
        "partitions": plan.partitions,
        "adopted": [migration.stem for migration in plan.adopted],
        "rolled_back": [row.version for row in plan.rolled_back],
        "notes": plan.notes,
    }
    if as_json:
        print_json(facts)
        return
    for text in plan.notes:
        note(text)
    for migration in plan.adopted:
        click.echo(f"would adopt    {migration.stem} (applied by dbmate)")
    for row in plan.rolled_back:
        click.echo(f"would forget   {row.version}_{row.name} (reverted by dbmate)")
    for migration in plan.pending:
        alone = "" if migration.up.transactional else " (outside a transaction)"
        click.echo(f"would apply    {migration.stem}{alone}")
    for sand in plan.sand:
        click.echo(f"would lay      {sand.path}")
    for table in plan.partitions:
        click.echo(f"would make     a partition of {table}")
    if plan.restored:
        click.echo("would restore  schema_migrations")
    if plan.is_empty:
        click.echo("nothing to do")


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """For --json; durations in milliseconds."""
    return {
        "dry_run": False,
        "changed": outcome.changed,
        "migrations": [{"migration": stem, "duration_ms": ms} for stem, ms in outcome.migrations],
        "objects": [{"path": path, "duration_ms": ms} for path, ms in outcome.objects],
        "partitions": outcome.partitions,
        "adopted": outcome.adopted,
        "reverted": [{"migration": stem, "duration_ms": ms} for stem, ms in outcome.reverted],
        "dropped": outcome.dropped,
        "notes": outcome.notes,
        "tries": outcome.tries,
        "duration_ms": outcome.duration_ms,
    }


def show_outcome(outcome: Outcome, verbose: int = 0) -> None:
    """What a run did, for a person."""
    for text in outcome.notes:
        note(text)
    if not outcome.changed:
        click.echo("nothing to do")
        return
    for stem in outcome.adopted:
        click.echo(f"adopted   {stem} (applied by dbmate)")
    for stem, duration in outcome.migrations:
        click.echo(f"applied   {stem}  {duration} ms")
    for name in outcome.dropped if verbose else []:
        click.echo(f"dropped   {name}")
    if outcome.dropped and not verbose:
        click.echo(f"dropped   {len(outcome.dropped)} functions and views")
    for stem, duration in outcome.reverted:
        click.echo(f"reverted  {stem}  {duration} ms")
    for path, duration in outcome.objects if verbose else []:
        click.echo(f"laid      {path}  {duration} ms")
    if outcome.objects and not verbose:
        kinds = Counter(KINDS[path.split("/")[0]] for path, _ in outcome.objects)
        counts = ", ".join(_counted(kind, count) for kind, count in kinds.items())
        click.echo(f"laid      {counts}  {sum(duration for _, duration in outcome.objects)} ms")
    if outcome.partitions:
        names = f" ({', '.join(outcome.partitions)})" if verbose else ""
        click.echo(f"made      {len(outcome.partitions)} partitions{names}")
    tries = f", {outcome.tries} tries" if outcome.tries > 1 else ""
    click.echo(f"done in {outcome.duration_ms / 1000:.2f} s{tries}")


def _counted(kind: str, count: int) -> str:
    return kind if kind == "privileges" else f"{count} {kind}{'s' if count > 1 else ''}"
