"""Backward: drop all sand, then revert stone, newest applied first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg

from sqlctl import ledger
from sqlctl.errors import RefusedError
from sqlctl.output import note
from sqlctl.planning import make_plan, orphans, revert_plan
from sqlctl.prerequisites import ensure_prerequisites
from sqlctl.runner import Outcome, Runner, ms_since, unless_lock
from sqlctl.sqlfiles import Migration

_DROPS = """
select format('drop trigger %%I on %%s', t.tgname, t.tgrelid::regclass), 1 as step
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
where p.pronamespace = %(schema)s::regnamespace and p.proname = %(name)s
  and not t.tgisinternal and t.tgparentid = 0
union all
select format('drop routine %%s', p.oid::regprocedure), 2
from pg_catalog.pg_proc as p
where p.pronamespace = %(schema)s::regnamespace and p.proname = %(name)s
union all
select format('drop view %%s', c.oid::regclass), 2
from pg_catalog.pg_class as c
where c.relnamespace = %(schema)s::regnamespace and c.relname = %(name)s and c.relkind = 'v'
order by step
"""


class Reverter(Runner):
    """One run of down."""

    def plan(self, *, steps: int | None, to: str | None) -> list[Migration]:
        """What down would revert, in its order. Reads only."""

        def read() -> list[Migration]:
            with self.transaction():
                return revert_plan(self.tree, self.read_state(), steps=steps, to=to)

        return self.retrying(read)

    def down(self, chosen: Sequence[Migration]) -> Outcome:
        """In one transaction, unless a down section refuses one."""
        started = time.monotonic()
        ensure_prerequisites(self.connection, self.tree, self.chosen_schema, command="sqlctl down")
        if all(migration.down.transactional for migration in chosen):
            outcome = self.retrying(lambda: self._whole(chosen))
        else:
            outcome = self._in_pieces(chosen)
        outcome.tries = self.waiter.tries + 1
        outcome.duration_ms = ms_since(started)
        return outcome

    def _whole(self, chosen: Sequence[Migration]) -> Outcome:
        with self.transaction():
            self.take_lock(self.connection)
            outcome = self._drop_sand(chosen)
            outcome.add(self._revert(chosen))
            self.execute(ledger.end_run())
        return outcome

    def _in_pieces(self, chosen: Sequence[Migration]) -> Outcome:
        with self.lock_kept() as keeper:
            outcome = self.piece(keeper, lambda: self._drop_sand(chosen))
            for migration in chosen:
                if migration.down.transactional:
                    outcome.add(self.piece(keeper, partial(self._revert, [migration])))
                    continue
                started = ledger.record_migration(migration, status="started", schema=self.schema)
                forget = ledger.forget_migration(migration.version, schema=self.schema)
                self.piece(keeper, partial(self.execute, started))
                outcome.reverted.append((migration.stem, self.run_alone(migration, migration.down)))
                self.piece(keeper, partial(self.execute, forget))
            self.piece(keeper, lambda: self.execute(ledger.end_run()))
        return outcome

    def _drop_sand(self, chosen: Sequence[Migration]) -> Outcome:
        state = self.read_state()
        plan = make_plan(self.tree, state, allow_late=True)
        applied = set(state.applied) | {migration.version for migration in plan.adopted}
        if not {migration.version for migration in chosen} <= applied:
            raise RefusedError(
                "another runner has changed the ledger meanwhile; nothing was changed",
                next_command="sqlctl status",
            )
        outcome = self.begin("down", plan)
        names = [*orphans(self.tree, state).values()]
        names += [(sand.schema, sand.name) for sand in reversed(self.tree.sand) if sand.kind != "privileges"]
        for schema, name in names:
            if (schema, name) in state.present:
                self._drop(schema, name)
                outcome.dropped.append(f"{schema}.{name}")
        self.execute("delete from sqlctl.objects")
        return outcome

    def _drop(self, schema: str, name: str) -> None:
        values: dict[str, Any] = {"schema": schema, "name": name}
        try:
            for statement, _ in self.connection.execute(_DROPS, values).fetchall():
                self.execute(statement)
        except psycopg.Error as error:
            raise unless_lock(error, f"dropping {schema}.{name}") from None

    def _revert(self, migrations: Sequence[Migration]) -> Outcome:
        outcome = Outcome()
        for migration in migrations:
            note(f"reverting {migration.stem}")
            duration = self.run_section(migration, migration.down)
            self.execute(ledger.forget_migration(migration.version, schema=self.schema))
            outcome.reverted.append((migration.stem, duration))
        return outcome
