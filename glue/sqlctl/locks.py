"""Waiting without standing in anybody's way: try, roll back, name who blocks, pause, try again."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from sqlctl.errors import BusyError
from sqlctl.output import note

if TYPE_CHECKING:
    import psycopg

SECONDS_BETWEEN_NOTES = 3.0
TAKE_RUNNER_LOCK = "lock table sqlctl.runner_lock in exclusive mode nowait"

_RUNNERS = """
select a.pid, a.usename::text, a.application_name, a.xact_start, left(a.query, 200), null::text
from pg_catalog.pg_locks as l
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.relation = to_regclass('sqlctl.runner_lock') and l.granted and l.mode <> 'AccessShareLock'
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
  and l.pid <> pg_backend_pid()
"""
_HOLDERS = """
select a.pid, a.usename::text, a.application_name, a.xact_start, left(a.query, 200),
  string_agg(distinct l.mode || ' on ' || n.nspname || '.' || c.relname, ', ')
from pg_catalog.pg_locks as l
join pg_catalog.pg_class as c on c.oid = l.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname in ('fleet', 'fleet_internal')
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.granted and c.relkind in ('r', 'p', 'v')
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
  and l.pid <> pg_backend_pid()
group by a.pid, a.usename, a.application_name, a.xact_start, a.query
order by a.xact_start
limit 8
"""


class Waiter:
    """One run's patience: `wait_seconds` in all, spent in short random pauses."""

    def __init__(self, wait_seconds: float) -> None:
        self._deadline = time.monotonic() + wait_seconds
        self._wait_seconds = wait_seconds
        self._said_at: float | None = None
        self.tries = 0

    def pause(self, what: str, holders: list[str], *, longest: float) -> None:
        """Say who blocks (now and then) and sleep; BusyError once the patience is spent."""
        self.tries += 1
        now = time.monotonic()
        who = "\n".join(f"  {line}" for line in holders) or "  nobody any more"
        if now >= self._deadline:
            raise BusyError(
                f"{what}, and --lock-wait ({self._wait_seconds:g} s) is spent; all was rolled back\n{who}",
                hint="wait until they are done, or end them: select pg_terminate_backend(PID)",
            )
        if self._said_at is None or now - self._said_at >= SECONDS_BETWEEN_NOTES:
            self._said_at = now
            note(f"{what}; trying again for {self._deadline - now:.0f} s\n{who}")
        time.sleep(min(random.uniform(longest / 4, longest), self._deadline - now))


def other_runners(connection: psycopg.Connection[Any]) -> list[str]:
    """Who holds the runner's lock, a line each."""
    return _describe(connection.execute(_RUNNERS).fetchall())


def lock_holders(connection: psycopg.Connection[Any]) -> list[str]:
    """Who holds locks on tables and views of fleet, longest transaction first, a line each."""
    return _describe(connection.execute(_HOLDERS).fetchall())


def _describe(rows: list[Any]) -> list[str]:
    lines = []
    for pid, user, application, since, query, held in rows:
        parts = [f"pid {pid}", f"user {user}"]
        parts += [f"application {application}"] if application else []
        parts += [f"since {since:%H:%M:%S}"] if since else []
        parts += [held] if held else []
        lines.append(", ".join(parts) + (f": {' '.join(query.split())}" if query else ""))
    return lines
