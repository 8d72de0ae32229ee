"""What a run would do, and every reason for which it must not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlctl.errors import NeedsRepairError, RefusedError
from sqlctl.ledger import AppliedMigration, State, dbmate_table, is_dbmate_shape
from sqlctl.sqlfiles import Migration, SandFile, Tree, refuse


@dataclass
class Plan:
    """Work for one run of migrate. Sand is listed as far as is known: stone may make more of it missing."""

    pending: list[Migration] = field(default_factory=list)
    sand: list[SandFile] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)
    adopted: list[Migration] = field(default_factory=list)  # dbmate applied them
    rolled_back: list[AppliedMigration] = field(default_factory=list)  # dbmate reverted them
    restored: list[str] = field(default_factory=list)  # rows that dbmate's table lacks altogether
    stone_only: bool = False  # --to left something pending: sand would not fit the tables
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (
            self.pending or self.sand or self.partitions or self.adopted or self.rolled_back or self.restored
        )

    @property
    def splits(self) -> bool:
        """Whether a migration has to run outside a transaction."""
        return any(not migration.up.transactional for migration in self.pending)


def make_plan(tree: Tree, state: State, *, to: str | None = None, allow_late: bool = False) -> Plan:
    """Compare files with ledger; raises with the whole list of what is wrong."""
    refuse_half_done(state)
    plan = Plan()
    problems = [*tree.problems, *_foreign_table(state)]
    problems += _reconcile(tree, state, plan)
    gone = {row.version for row in plan.rolled_back}
    done = {version for version in state.applied if version not in gone} | {m.version for m in plan.adopted}
    problems += _changed_files(tree, state, plan)
    problems += _unknown_versions(tree, done)
    plan.pending = [migration for migration in tree.migrations if migration.version not in done]
    problems += _limit(tree, plan, done, to)
    if not allow_late and done:
        problems += [
            f"{migration.path}: late, {max(done)} is applied already (--allow-late applies it all the same)"
            for migration in plan.pending
            if migration.version < max(done)
        ]
    problems += [problem for migration in plan.pending for problem in migration.problems()]
    refuse(problems)
    plan.sand = [] if plan.stone_only else due_sand(tree, state)
    plan.partitions = [] if plan.stone_only else state.missing_partitions
    plan.notes += [
        f"{schema}.{name} has no file any more: a migration must drop it (`drop ... if exists`)"
        for schema, name in orphans(tree, state).values()
        if (schema, name) in state.present
    ]
    return plan


def orphans(tree: Tree, state: State) -> dict[str, tuple[str, str]]:
    """Objects of the ledger whose files are gone: path -> (schema, name)."""
    listed = {sand.path for sand in tree.sand}
    return {path: object_of(path) for path in state.objects if path not in listed}


def object_of(path: str) -> tuple[str, str]:
    """The schema and name that the file at `path` makes."""
    return ("fleet_internal" if path.startswith("functions/internal/") else "fleet", Path(path).stem)


def due_sand(tree: Tree, state: State) -> list[SandFile]:
    """Objects whose file changed or that are missing; privileges with them whenever anything is due."""
    due = [sand for sand in tree.sand if state.objects.get(sand.path) != sand.sha256 or not state.has(sand)]
    if due and due[-1].kind != "privileges":
        due += [sand for sand in tree.sand if sand.kind == "privileges"]
    return due


def revert_plan(tree: Tree, state: State, *, steps: int | None, to: str | None) -> list[Migration]:
    """The migrations that down reverts, newest applied first."""
    plan = make_plan(tree, state, allow_late=True)
    order = [version for version in state.applied if version not in {row.version for row in plan.rolled_back}]
    order += [migration.version for migration in plan.adopted]
    if to is not None and to.strip("0") and to not in order:
        raise RefusedError(
            f"{to} is not applied", hint="--to takes the version that stays the newest; 0: none stays"
        )
    kept = max(0, len(order) - (steps or 1))
    if to is not None:
        kept = order.index(to) + 1 if to in order else 0
    chosen = [tree.by_version[version] for version in reversed(order[kept:])]
    refuse([problem for migration in chosen for problem in migration.problems()])
    return chosen


def refuse_half_done(state: State) -> None:
    if not state.started:
        return
    row = state.started[0]
    raise NeedsRepairError(
        f"migration {row.version}_{row.name} was started at {row.applied_at:%Y-%m-%d %H:%M:%S%z} "
        "and has not ended",
        detail="It runs outside a transaction: part of its work may be there. It may still be running.",
        hint="see what it left (an INVALID index must be dropped), undo that, then\n"
        f"            delete from sqlctl.migrations where version = '{row.version}';\n"
        "            and migrate again",
    )


def _foreign_table(state: State) -> list[str]:
    if state.dbmate_columns is None:
        return []
    table = f"{state.schema}.schema_migrations"
    if not is_dbmate_shape(state.dbmate_columns):
        columns = ", ".join(state.dbmate_columns)
        return [
            f"{table} ({columns}) belongs to another tool: choose another place with --ledger-schema NAME"
        ]
    if not state.dbmate_readable:
        return [
            f"{table}: permission denied; its owner must run: "
            f"grant select, insert, delete on {dbmate_table(state.schema)} to fleet_owner"
        ]
    return []


def _reconcile(tree: Tree, state: State, plan: Plan) -> list[str]:
    """Bring in what dbmate did since our last run."""
    known, applied = tree.by_version, list(state.applied)
    extra = sorted(state.dbmate_versions - set(applied))
    plan.adopted = [known[version] for version in extra if version in known]
    if state.has_ledger and state.dbmate_columns is None:
        plan.restored = applied
        return []
    missing = [version for version in applied if version not in state.dbmate_versions]
    if missing and state.dbmate_readable:
        if missing == applied and "fleet" in state.schemas:
            return [
                f"{state.schema}.schema_migrations is empty, yet the schema fleet is there: drop the empty "
                "table, sqlctl fills a new one from its own ledger"
            ]
        if missing != applied[-len(missing) :]:
            return [
                f"{state.schema}.schema_migrations lacks {', '.join(missing)}, which is applied: "
                "put the rows back, or revert with sqlctl down"
            ]
        plan.rolled_back = [state.applied[version] for version in missing]
        plan.notes.append(f"reverted by dbmate: {', '.join(missing)}")
    foreign = [version for version in extra if version not in known]
    if foreign:
        return [
            f"{state.schema}.schema_migrations holds {_some(foreign)}, unknown here: another tool's table "
            "(choose another place with --ledger-schema NAME), or migrations of a newer sqlctl"
        ]
    return []


def _changed_files(tree: Tree, state: State, plan: Plan) -> list[str]:
    problems = []
    for row in state.applied.values():
        migration = tree.by_version.get(row.version)
        if migration is None or migration.sha256 == row.sha256:
            continue
        problem = next(iter(migration.problems()), None)
        if problem is None and migration.code_sha256 == row.code_sha256:
            plan.notes.append(f"{migration.path}: comments or white space changed since it was applied")
        else:
            problems.append(
                problem
                or f"{migration.path}: its code changed since it was applied; write a new migration instead"
            )
    return problems


def _unknown_versions(tree: Tree, done: set[str]) -> list[str]:
    broken = {problem.split("/")[-1][:14] for problem in tree.problems}  # a refused file is not a missing one
    unknown = sorted(done - set(tree.by_version) - broken)
    if not unknown:
        return []
    return [f"the database has {_some(unknown)}, this sqlctl does not: use the newer sqlctl"]


def _limit(tree: Tree, plan: Plan, done: set[str], to: str | None) -> list[str]:
    if to is None:
        return []
    if to not in tree.by_version:
        return [f"--to {to}: no such migration"]
    if done and max(done) > to:
        return [f"--to {to}: {max(done)} is applied already; to go back: sqlctl down --to {to}"]
    kept = [migration for migration in plan.pending if migration.version <= to]
    plan.stone_only = len(kept) < len(plan.pending)
    plan.pending = kept
    if plan.stone_only:
        plan.notes.append(f"functions and views wait until nothing is pending after {to}")
    return []


def _some(versions: list[str]) -> str:
    shown = ", ".join(versions[:3])
    return f"{shown} and {len(versions) - 3} more" if len(versions) > 3 else shown
