"""sqlctl down: revert migrations, newest first."""

from __future__ import annotations

import sys

import click

from sqlctl.options import database_option, json_option, yes_option
from sqlctl.output import note, print_json
from sqlctl.runoptions import lock_options


@click.command()
@database_option
@click.option("--steps", type=click.IntRange(min=1), help="How many migrations to revert (default: 1).")
@click.option("--to", metavar="VERSION", help="Revert what was applied after this migration; 0 reverts all.")
@yes_option
@lock_options
@json_option
def down(
    dsn: str | None,
    steps: int | None,
    to: str | None,
    yes: bool,
    lock_timeout: float,
    lock_wait: float,
    as_json: bool,
) -> None:
    """Revert migrations in the opposite order of their application. What their tables hold is lost.

    Functions and views are dropped first, all of them; `sqlctl migrate` of the version that you go back to
    lays its own. Exit 0 done, 1 the SQL failed, 2 not confirmed, 3 cannot connect, 5 refused, 7 needs repair,
    75 a lock is taken.

    \b
    Examples:
      sqlctl down
      sqlctl down --to 20261121040000 --yes
    """
    from sqlctl.commands.migrate import outcome_facts, show_outcome
    from sqlctl.reverter import Reverter
    from sqlctl.runner import Outcome, Patience
    from sqlctl.sqlfiles import load_tree
    from sqlctl.target import announce, connect, resolve_target

    if steps is not None and to is not None:
        raise click.UsageError("--steps and --to exclude each other")
    tree = load_tree()
    target = resolve_target(dsn)
    announce(target)
    with connect(target, application_name="sqlctl down") as connection:
        run = Reverter(target, connection, tree, Patience(round(lock_timeout * 1000), lock_wait))
        chosen = run.plan(steps=steps, to=to)
        if chosen and not yes:
            confirm([migration.stem for migration in chosen])
        outcome = run.down(chosen) if chosen else Outcome()
    if as_json:
        print_json(outcome_facts(outcome))
    else:
        show_outcome(outcome)
    if chosen:
        note("functions and views are gone: `sqlctl migrate` of the version you went back to lays its own")


def confirm(stems: list[str]) -> None:
    """Ask; where nobody can answer, say what to type."""
    note("this reverts, and what their tables hold is lost:\n" + "\n".join(f"  {stem}" for stem in stems))
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: confirm with --yes")
    if not click.confirm("Revert?", err=True):
        raise click.UsageError("not confirmed, nothing was changed")
