"""sqlctl render: what migrate would do, as one psql script."""

from __future__ import annotations

from pathlib import Path

import click

from sqlctl.errors import SqlctlError
from sqlctl.output import note
from sqlctl.replacefile import replace_file
from sqlctl.runoptions import ledger_schema_option


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of stdout.",
)
@ledger_schema_option
def render(output: Path | None, ledger_schema: str | None) -> None:
    """Write one plain psql script that does what migrate does, ledger and roles included.

    It needs no database: every step of the script asks the ledger whether it is still to be done, so it
    installs on an empty database, upgrades an older one, and changes nothing the second time.

    \b
    Example:
      sqlctl render -o fleet.sql && psql -d fleet -f fleet.sql
    """
    from sqlctl.ledger import DEFAULT_SCHEMA
    from sqlctl.render import render as script
    from sqlctl.sqlfiles import load_tree, refuse

    tree = load_tree().require_sound()
    refuse([problem for migration in tree.migrations for problem in migration.problems()])
    text = script(tree, ledger_schema or DEFAULT_SCHEMA)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        if output.exists() and not output.is_file():  # a pipe, a device
            output.write_text(text, encoding="utf-8")
        else:
            replace_file(output, text)
    except OSError as error:
        raise SqlctlError(f"cannot write {output}: {error.strerror}") from None
    note(f"wrote {output}: psql -d DATABASE -f {output}")
