"""Forward: pending stone, changed sand, privileges, partitions ahead."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg

from sqlctl import ledger
from sqlctl.errors import RefusedError, SqlctlError
from sqlctl.output import note
from sqlctl.planning import Plan, due_sand, make_plan, orphans
from sqlctl.prerequisites import ensure_prerequisites
from sqlctl.runner import Outcome, Runner, ms_since, unless_lock
from sqlctl.sqlfiles import Migration


class _MustSplit(Exception):
    """What is pending by now holds a migration that refuses a transaction."""


class Migrator(Runner):
    """One run of migrate; `to` and `allow_late` are its options."""

    to: str | None = None
    allow_late: bool = False

    def plan(self) -> Plan:
        """What migrate would do. Reads only."""

        def read() -> Plan:
            with self.transaction():
                return self._make_plan()

        return self.retrying(read)

    def migrate(self, plan: Plan) -> Outcome:
        """Do it, as the ledger stands once the lock is ours: another runner may have been faster."""
        started = time.monotonic()
        ensure_prerequisites(self.connection, self.tree, self.chosen_schema)
        try:
            if plan.splits:
                raise _MustSplit
            outcome = self.retrying(self._whole)
        except _MustSplit:
            outcome = self._in_pieces()
        outcome.tries = self.waiter.tries + 1
        outcome.duration_ms = ms_since(started)
        return outcome

    def _make_plan(self) -> Plan:
        return make_plan(self.tree, self.read_state(), to=self.to, allow_late=self.allow_late)

    def _whole(self) -> Outcome:
        with self.transaction():
            self.take_lock(self.connection)
            plan = self._make_plan()
            if plan.is_empty:
                return Outcome(notes=plan.notes)
            if plan.splits:
                raise _MustSplit
            outcome = self.begin("migrate", plan)
            outcome.add(self._stone_and_sand(plan, plan.pending))
        return outcome

    def _in_pieces(self) -> Outcome:
        with self.lock_kept() as keeper:
            plan = self.plan()
            if plan.is_empty:
                return Outcome(notes=plan.notes)
            outcome = self.piece(keeper, lambda: self.begin("migrate", plan))
            try:
                self._all_pieces(keeper, plan, outcome)
            except (SqlctlError, KeyboardInterrupt):
                for stem, _ in outcome.migrations:
                    note(f"applied before that, and kept: {stem}")
                raise
        return outcome

    def _all_pieces(self, keeper: psycopg.Connection[Any], plan: Plan, outcome: Outcome) -> None:
        batch: list[Migration] = []
        for migration in plan.pending:
            if migration.up.transactional:
                batch.append(migration)
                continue
            outcome.add(self.piece(keeper, partial(self._stone, batch)))
            batch = []
            outcome.add(self._alone(keeper, migration))
        outcome.add(self.piece(keeper, partial(self._stone_and_sand, plan, batch)))

    def _alone(self, keeper: psycopg.Connection[Any], migration: Migration) -> Outcome:
        def record(status: str, duration: int | None = None) -> None:
            row = ledger.record_migration(
                migration, status=status, duration_ms=duration, origin="sqlctl", schema=self.schema
            )
            self.piece(keeper, partial(self.execute, row))

        record("started")
        duration = self.run_alone(migration, migration.up)
        self.refuse_invalid_indexes(migration)
        record("applied", duration)
        return Outcome(migrations=[(migration.stem, duration)])

    def _stone(self, migrations: Sequence[Migration]) -> Outcome:
        outcome = Outcome()
        for migration in migrations:
            self._require_pending(migration)
            note(f"applying {migration.stem}")
            duration = self.run_section(migration, migration.up)
            self.execute(ledger.record_migration(migration, duration_ms=duration, schema=self.schema))
            outcome.migrations.append((migration.stem, duration))
        return outcome

    def _require_pending(self, migration: Migration) -> None:
        """Ask again inside the transaction: a lock held elsewhere may have been lost."""
        query = "select from sqlctl.migrations where version = %s"
        if self.connection.execute(query, [migration.version]).fetchone() is not None:
            raise RefusedError(
                f"{migration.stem} was applied by another runner meanwhile", next_command="sqlctl migrate"
            )

    def _stone_and_sand(self, plan: Plan, migrations: Sequence[Migration]) -> Outcome:
        """The last transaction of a run: functions never meet tables of another version."""
        outcome = self._stone(migrations)
        if not plan.stone_only:
            outcome.objects = self._sand(stone_changed=bool(plan.pending or plan.adopted or plan.rolled_back))
            outcome.partitions = self._ensure_partitions()
        self.execute(ledger.end_run())
        return outcome

    def _sand(self, *, stone_changed: bool) -> list[tuple[str, int]]:
        state = self.read_state()
        due = due_sand(self.tree, state)
        if stone_changed and not due:
            due = [sand for sand in self.tree.sand if sand.kind == "privileges"]
        done = []
        for sand in due:
            done.append((sand.path, self.run_file(sand.path, sand.sql)))
            self.execute(ledger.record_object(sand))
        present = self.read_state().present
        doubled = [f"{s.schema}.{s.name}" for s in self.tree.sand if present.get((s.schema, s.name), 1) > 1]
        if doubled:
            raise RefusedError(
                f"there would be two functions called {', '.join(doubled)}; nothing was changed",
                hint="a new signature makes a second function: drop the old one in a migration "
                "(`drop function if exists ...`)",
            )
        for path, name in orphans(self.tree, state).items():
            if name not in present:
                self.execute(ledger.forget_object(path))
        return done

    def _ensure_partitions(self) -> list[str]:
        row = self.connection.execute(
            "select to_regprocedure('fleet.ensure_partitions(timestamptz)')"
        ).fetchone()
        if row is None or row[0] is None:
            return []
        try:
            rows = self.connection.execute(
                "select made from fleet.ensure_partitions() as e, unnest(e.partitions_made) as made"
            )
        except psycopg.Error as error:
            raise unless_lock(error, "fleet.ensure_partitions()") from None
        return [row[0] for row in rows]
