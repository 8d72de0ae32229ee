"""One look at the fleet: read the output files of this host, tell the database, let it judge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import click

from sqlctl.errors import SqlctlError
from sqlctl.filereader import read_outputs
from sqlctl.findings import Finding
from sqlctl.outputfiles import OutputFile
from sqlctl.target import Target, connect

LONGEST_CONNECT_SECONDS = 5
LONGEST_FILE_SECONDS = 5.0

_COLUMNS = "name, subject, status, value, unit, warning_threshold, critical_threshold, message, detail"
_RECORD = """
select count(*)
from fleet.record_spawn_outputs(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
"""


class CheckRun:
    """The database side of a check. No statement runs past the deadline, and no session setting stays."""

    def __init__(self, target: Target, timeout: float) -> None:
        self._timeout = timeout
        self._deadline = time.monotonic() + 0.95 * timeout
        self._connection = connect(
            target,
            application_name="sqlctl check",
            connect_timeout=max(2, min(LONGEST_CONNECT_SECONDS, int(timeout / 2))),
        )

    def close(self) -> None:
        self._connection.close()

    def list_check_types(self) -> list[dict[str, Any]]:
        rows = self._fetch("select check_type, domain, is_run, description from fleet.list_check_types()")
        return [
            dict(zip(("check_type", "domain", "is_run", "description"), row, strict=True)) for row in rows
        ]

    def require_known(self, names: Sequence[str]) -> None:
        """A usage error unless each name is a check that can be run."""
        known = [row["check_type"] for row in self.list_check_types() if row["is_run"]]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise click.UsageError(f"no check {', '.join(unknown)}; there are: {', '.join(known)}")

    def look(self, names: Sequence[str], host: str) -> list[Finding]:
        """Read and record this host's output files, then run the named checks, or all."""
        if names:
            self.require_known(names)
        findings = self._record_outputs(host)
        if not names:
            return findings + self._findings("fleet.run_checks()", ())
        for name in dict.fromkeys(names):
            findings += self._findings("fleet.run_check(%s)", (name,))
        return findings

    def _record_outputs(self, host: str) -> list[Finding]:
        """Nothing, or the finding that it failed; the checks then still run on what is known."""
        import psycopg

        from sqlctl.dberrors import from_database_error

        try:
            rows = self._fetch(
                "select project, task_id, output_file, error_pattern, max_output_bytes "
                "from fleet.list_output_files(%s)",
                (host,),
            )
            if not rows:
                return []
            readings = read_outputs(
                [OutputFile(*row[2:]) for row in rows],
                seconds_each=min(LONGEST_FILE_SECONDS, self._timeout / 6),
                seconds_all=self._timeout / 2,
            )
            self._fetch(
                _RECORD,
                (
                    [row[0] for row in rows],
                    [row[1] for row in rows],
                    [reading.output_at for reading in readings],
                    [reading.error_line for reading in readings],
                    [reading.problem for reading in readings],
                ),
            )
        except psycopg.Error as error:
            message = f"not recorded: {from_database_error(error).in_one_line()}"
            return [Finding("output_files", host, "unknown", message=message)]
        return []

    def _findings(self, call: str, parameters: Sequence[Any]) -> list[Finding]:
        return [Finding(*row) for row in self._fetch(f"select {_COLUMNS} from {call}", parameters)]

    def _fetch(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        milliseconds = int(1000 * (self._deadline - time.monotonic()))
        if milliseconds <= 0:
            raise SqlctlError(f"not finished after {self._timeout:g} s")
        with self._connection.transaction():
            self._connection.execute(
                "select pg_catalog.set_config('statement_timeout', %s, true)", (str(milliseconds),)
            )
            return self._connection.execute(query.encode(), parameters).fetchall()
