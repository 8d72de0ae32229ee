"""What migrate and down share: one transaction under the runner's lock, retries, files, runs in pieces."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg

from sqlctl import ledger
from sqlctl.dberrors import from_database_error
from sqlctl.errors import ConnectError, NeedsRepairError, SqlctlError
from sqlctl.ledger import State, read_state
from sqlctl.locks import TAKE_RUNNER_LOCK, Waiter, lock_holders, other_runners
from sqlctl.output import note
from sqlctl.planning import Plan
from sqlctl.sqlfiles import Migration, Section, Tree
from sqlctl.sqltext import line_of
from sqlctl.target import Target, connect

Result = TypeVar("Result")

# A killed runner's statement ends with it, where the server's platform can notice.
_DIE_WITH_CLIENT = """do $$ begin
  perform set_config('client_connection_check_interval', '1s', {local});
exception when invalid_parameter_value then null;
end $$"""
_SIT_STILL = """select set_config(name, '0', true) from pg_catalog.pg_settings
  where name in ('idle_in_transaction_session_timeout', 'transaction_timeout')"""
_INVALID_INDEXES = """
select i.indexrelid::regclass::text
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid and c.relkind = 'i'
where not i.indisvalid and c.relnamespace in (
  select n.oid from pg_catalog.pg_namespace as n where n.nspname in ('fleet', 'fleet_internal'))
order by 1
"""


@dataclass
class Patience:
    """How long a statement may wait for a lock, and how long the run may go on trying."""

    lock_timeout_ms: int = 50
    lock_wait_seconds: float = 60.0


@dataclass
class Outcome:
    """What a run did. Durations in milliseconds."""

    migrations: list[tuple[str, int]] = field(default_factory=list)
    objects: list[tuple[str, int]] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    reverted: list[tuple[str, int]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tries: int = 1
    duration_ms: int = 0
    changed: bool = False

    def add(self, other: Outcome) -> None:
        for name in ("migrations", "objects", "partitions", "adopted", "reverted", "dropped"):
            getattr(self, name).extend(getattr(other, name))


class RunnerBusy(Exception):
    """Another runner holds the lock."""


class Runner:
    """One run against one database."""

    def __init__(
        self,
        target: Target,
        connection: psycopg.Connection[Any],
        tree: Tree,
        patience: Patience,
        ledger_schema: str | None = None,
    ) -> None:
        self.target = target
        self.connection = connection
        self.tree = tree
        self.patience = patience
        self.chosen_schema = ledger_schema
        self.schema = ledger_schema or ledger.DEFAULT_SCHEMA
        self.waiter = Waiter(patience.lock_wait_seconds)
        connection.add_notice_handler(_show_warning)

    def read_state(self) -> State:
        state = read_state(self.connection, self.chosen_schema)
        self.schema = state.schema
        return state

    def execute(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self.connection.transaction():
            self.execute(f"set local lock_timeout = {self.patience.lock_timeout_ms}")
            self.execute(_DIE_WITH_CLIENT.format(local="true"))
            with _tell_if_interrupted():
                yield

    def retrying(self, attempt: Callable[[], Result]) -> Result:
        """Try until no lock is in the way. The attempt must leave nothing behind when it fails."""
        while True:
            try:
                return attempt()
            except RunnerBusy:
                with _tell_if_interrupted():
                    self.waiter.pause(
                        "another sqlctl is at work", other_runners(self.connection), longest=0.2
                    )
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                with _tell_if_interrupted():
                    self.waiter.pause("a lock is taken", lock_holders(self.connection), longest=1.0)
            except psycopg.Error as error:
                raise from_database_error(error) from None

    def take_lock(self, connection: psycopg.Connection[Any]) -> None:
        """For the rest of the transaction, or RunnerBusy at once."""
        try:
            connection.execute(TAKE_RUNNER_LOCK)
        except psycopg.errors.LockNotAvailable:
            raise RunnerBusy from None

    # ---- a run in pieces ----

    @contextlib.contextmanager
    def lock_kept(self) -> Iterator[psycopg.Connection[Any]]:
        """Hold the runner's lock on a second connection, in a transaction that does nothing else."""
        with connect(self.target, application_name="sqlctl (keeps the lock)") as keeper:

            def attempt() -> None:
                keeper.execute("begin")
                try:
                    keeper.execute(_SIT_STILL)
                    self.take_lock(keeper)
                except BaseException:
                    keeper.execute("rollback")
                    raise

            self.retrying(attempt)
            yield keeper

    def piece(self, keeper: psycopg.Connection[Any], work: Callable[[], Result]) -> Result:
        """One transaction of a run in pieces; it commits only while the lock is ours."""

        def attempt() -> Result:
            with self.transaction():
                result = work()
                try:
                    keeper.execute("select 1")
                except psycopg.Error:
                    raise ConnectError(
                        "the connection that kept the runner's lock was lost; the last piece was rolled back",
                        next_command="sqlctl migrate",
                    ) from None
                return result

        return self.retrying(attempt)

    def run_alone(self, migration: Migration, section: Section) -> int:
        """Run a section's one statement outside a transaction. Returns milliseconds."""
        note(f"running {migration.stem} outside a transaction")
        # CREATE INDEX CONCURRENTLY waits for older transactions by its nature, and nobody queues behind it.
        self.execute(f"set lock_timeout = {int(self.patience.lock_wait_seconds * 1000)}")
        self.execute(_DIE_WITH_CLIENT.format(local="false"))
        try:
            return self.run_section(migration, section)
        except (psycopg.Error, SqlctlError) as error:
            raise self._half_done(migration, error) from None
        except KeyboardInterrupt:
            self._half_done(migration, SqlctlError("interrupted")).show()
            raise
        finally:
            with contextlib.suppress(psycopg.Error):
                self.execute("reset lock_timeout")
                self.execute("reset client_connection_check_interval")

    def refuse_invalid_indexes(self, migration: Migration) -> None:
        """An INVALID index is never a success."""
        rows = self.connection.execute(_INVALID_INDEXES).fetchall()
        if rows:
            raise self._half_done(migration, SqlctlError("its index is INVALID"), [row[0] for row in rows])

    def _half_done(
        self, migration: Migration, error: Exception, invalid: list[str] | None = None
    ) -> NeedsRepairError:
        cause = error if isinstance(error, SqlctlError) else None
        if invalid is None:
            with contextlib.suppress(psycopg.Error):
                invalid = [row[0] for row in self.connection.execute(_INVALID_INDEXES).fetchall()]
        drops = "".join(f"\n            drop index concurrently {name};" for name in invalid or [])
        return NeedsRepairError(
            f"migration {migration.stem} ran outside a transaction and failed: "
            + (cause.message if cause else str(error)),
            sqlstate=cause.sqlstate if cause else getattr(error, "sqlstate", None),
            detail=cause.detail if cause else None,
            hint="undo what it left, then migrate again:"
            + drops
            + f"\n            delete from sqlctl.migrations where version = '{migration.version}';",
            where=cause.where if cause else migration.path,
        )

    # ---- files ----

    def run_section(self, migration: Migration, section: Section) -> int:
        return self.run_file(migration.path, section.sql, section.line)

    def run_file(self, path: str, sql: str, first_line: int = 1) -> int:
        """Execute a file's text, all statements at once. Returns milliseconds; errors name file and line."""
        started = time.monotonic()
        try:
            self.execute(sql)
        except psycopg.Error as error:
            offset = int(error.diag.statement_position or 1) - 1
            line = first_line + line_of(sql, offset) - 1
            raise unless_lock(error, f"{os.path.relpath(self.tree.root / path)}:{line}") from None
        return ms_since(started)

    def begin(self, command: str, plan: Plan) -> Outcome:
        """Open the run in the ledger and write down what dbmate did since the last one."""
        self.execute(ledger.begin_run(command))
        if plan.restored:
            self.execute(ledger.create_dbmate_table(self.schema))
        for version in plan.restored:
            self.execute(ledger.record_for_dbmate(version, schema=self.schema))
        for row in plan.rolled_back:
            self.execute(ledger.forget_migration(row.version, schema=self.schema))
        for migration in plan.adopted:
            self.execute(ledger.record_migration(migration, origin="dbmate", schema=self.schema))
        adopted = [migration.stem for migration in plan.adopted]
        return Outcome(adopted=adopted, notes=plan.notes, changed=True)


@contextlib.contextmanager
def _tell_if_interrupted() -> Iterator[None]:
    """For all that comes before a commit. During one nobody knows: then nothing is said."""
    try:
        yield
    except KeyboardInterrupt:
        note("interrupted: what was under way is rolled back")
        raise


def _show_warning(message: psycopg.errors.Diagnostic) -> None:
    if message.severity_nonlocalized == "WARNING":
        note(f"warning: {message.message_primary}")


def unless_lock(error: psycopg.Error, where: str) -> Exception:
    """The error for a person, except where it is a lock: that is tried again."""
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return error
    return from_database_error(error, where=where)


def ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
