"""sqlctl migrate beside others: many runners at once, killed runners, held locks, work outside a transaction."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import SQLCTL, Connect, Database, RunSqlctl, TestServer, clean_environment
from database import throwaway_server
from sqlctl.binaries import find_binaries
from sqltree import VERSIONS, SqlTree

HERE = "database = (select oid from pg_database where datname = current_database())"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def tree(tmp_path: Path) -> SqlTree:
    return SqlTree(tmp_path / "sql")


@pytest.fixture
def start() -> Iterator[Start]:
    """start(database, tree, *args): a runner in the background; killed at the end if it still runs."""
    running: list[subprocess.Popen[str]] = []

    def begin(database: Database, tree: SqlTree | None, *args: str) -> subprocess.Popen[str]:
        environment = {**clean_environment(), **database.environment, **(tree.environment if tree else {})}
        process = subprocess.Popen(
            [*SQLCTL, *args], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition: Callable[[], Any], what: str, *, seconds: float = 20) -> Any:
    """Poll until the condition is true and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.005)
    return value


def value_of(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "Traceback" not in said
    return out, said


# ---- many at once ----


@pytest.mark.parametrize("runners", [2, 8])
def test_runners_at_once_one_does_the_work(start: Start, runners: int) -> None:
    """On a server that has not even the roles, then again on the migrated database."""
    with throwaway_server(find_binaries()) as server:
        database = Database("postgres", server.conninfo(), server.environment())
        for workers in (1, 0):
            processes = [start(database, None, "migrate", "--json") for _ in range(runners)]
            done = [json.loads(finish(process)[0]) for process in processes]
            assert sum(item["changed"] for item in done) == workers
        with psycopg.connect(database.conninfo) as connection:
            assert value_of(connection, "select count(*) from sqlctl.runs") == 1


def test_a_runner_that_is_killed_leaves_the_schema_wholly_old_or_new(
    start: Start, server: TestServer, new_name: Callable[[], str], tree: SqlTree, connect: Connect
) -> None:
    """Killed as it begins each migration, and at random moments between the last one and its end."""
    for number in range(3, 9):
        tree.migration(
            f"2026010{number}000000", f"slow_{number}",
            f"create table fleet.slow_{number} (a int);\nselect pg_sleep(0.02);",
            f"drop table fleet.slow_{number};",
        )  # fmt: skip
    stems = sorted(path.stem for path in (tree.root / "migrations").iterdir())
    process = start(server.create(new_name()), tree, "migrate")
    read_until(process, f"applying {stems[-1]}")
    began = time.monotonic()
    finish(process)
    rest = time.monotonic() - began
    moments = [(stem, 0.0) for stem in stems] + [(stems[-1], random.uniform(0, 1.2 * rest)) for _ in range(6)]
    outcomes = set()
    for stem, offset in moments:
        database = server.create(new_name())
        process = start(database, tree, "migrate")
        read_until(process, f"applying {stem}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(offset)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        watcher = connect(database)
        others = "select count(*) from pg_stat_activity where datname = current_database() and application_name ~ 'sqlctl'"
        until(lambda w=watcher, q=others: value_of(w, q) == 0, "the killed runner's session ends")  # type: ignore[misc]
        tables = value_of(watcher, "select count(*) from pg_tables where schemaname = 'fleet'")
        objects = value_of(
            watcher, "select count(*) from pg_proc where pronamespace = to_regnamespace('fleet')"
        )
        has_ledger = value_of(watcher, "select to_regclass('sqlctl.migrations') is not null")
        rows = value_of(watcher, "select count(*) from sqlctl.migrations") if has_ledger else 0
        assert (tables, objects, rows) in {(0, 0, 0), (7, 1, 8)}, f"killed {offset:.4f} s after {stem} began"
        outcomes.add(rows)
        out, _ = finish(start(database, tree, "migrate", "--json"))
        assert json.loads(out)["changed"] is (rows == 0)
    assert 0 in outcomes, "no kill came in time: the test shows nothing"


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What the process says on stderr up to and with the line that holds the words."""
    assert process.stderr is not None
    said = ""
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


# ---- held locks ----


def test_a_held_table_is_named_retried_and_given_up_with_75(
    run_sqlctl: RunSqlctl, start: Start, empty_db: Database, tree: SqlTree, connect: Connect
) -> None:
    environment = {**empty_db.environment, **tree.environment}
    run_sqlctl("migrate", env=environment, check=True)
    tree.migration("20260103000000", "more", "alter table fleet.things add column more int;")
    holder = connect(empty_db, autocommit=False, application_name="reporting")
    holder.execute("select count(*) from fleet.things")
    pid = holder.info.backend_pid

    done = run_sqlctl("migrate", "--lock-wait", "300ms", env=environment)
    assert done.returncode == 75
    assert f"pid {pid}" in done.stderr and "reporting" in done.stderr
    assert (
        "AccessShareLock on fleet.things" in done.stderr
        and "select count(*) from fleet.things" in done.stderr
    )
    watcher = connect(empty_db)
    assert value_of(watcher, "select count(*) from sqlctl.migrations") == 2

    process = start(empty_db, tree, "migrate", "--json", "--lock-wait", "60s")
    read_until(process, f"pid {pid}")
    holder.rollback()
    done_json = json.loads(finish(process)[0])
    assert done_json["tries"] > 1 and len(done_json["migrations"]) == 1


def test_a_waiting_runner_makes_nobody_else_wait_long(
    run_sqlctl: RunSqlctl, start: Start, empty_db: Database, tree: SqlTree, connect: Connect
) -> None:
    run_sqlctl("migrate", env={**empty_db.environment, **tree.environment}, check=True)
    tree.migration("20260103000000", "more", "alter table fleet.things add column more int;")
    holder = connect(empty_db, autocommit=False)
    holder.execute("select count(*) from fleet.things")
    reader, watcher = connect(empty_db), connect(empty_db)
    reader.execute(
        "set statement_timeout = '20s'"
    )  # the runner's patience is longer: behind it this runs out
    process = start(empty_db, tree, "migrate", "--json", "--lock-wait", "120s")
    waiting = (
        f"select count(*) from pg_locks where relation = 'fleet.things'::regclass and not granted and {HERE}"
    )
    for _ in range(3):
        until(lambda: value_of(watcher, waiting), "the runner waits for the lock")
        reader.execute("select count(*) from fleet.things")
    holder.rollback()
    out, _ = finish(process)
    assert json.loads(out)["tries"] > 1


def test_the_runners_lock_is_polled_and_its_holder_named(
    run_sqlctl: RunSqlctl, start: Start, empty_db: Database, tree: SqlTree, connect: Connect
) -> None:
    run_sqlctl("migrate", env={**empty_db.environment, **tree.environment}, check=True)
    tree.replace("views/things/coloured_things.sql", "is not null", "<> ''")
    holder = connect(empty_db, autocommit=False, application_name="the other one")
    holder.execute("lock table sqlctl.runner_lock in exclusive mode")
    watcher = connect(empty_db)
    process = start(empty_db, tree, "migrate", "--lock-wait", "1s")
    waiting = 0
    while process.poll() is None:
        waiting += value_of(watcher, f"select count(*) from pg_locks where not granted and {HERE}")
    _, said = finish(process, 75)
    assert waiting == 0, "the runner waited inside a lock call"
    assert "another sqlctl is at work" in said and "the other one" in said
    assert f"pid {holder.info.backend_pid}" in said


# ---- outside a transaction ----

INDEX = "create unique index concurrently things_name_key on fleet.things (name);"


@pytest.fixture
def migrated(run_sqlctl: RunSqlctl, empty_db: Database, tree: SqlTree) -> Callable[..., Any]:
    """migrate(*args, code=0) on a database that has the small tree already."""

    def run(*args: str, code: int = 0) -> Any:
        done = run_sqlctl("migrate", "--json", *args, env={**empty_db.environment, **tree.environment})
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return json.loads(done.stdout) if code == 0 else done.stderr

    run()
    return run


def test_a_file_outside_a_transaction_splits_the_run(
    migrated: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    tree.migration("20260103000000", "before", "alter table fleet.things add column before int;")
    tree.migration("20260104000000", "index", INDEX, options="transaction:false")
    tree.migration("20260105000000", "after", "alter table fleet.things add column after int;")
    tree.replace("views/things/coloured_things.sql", "t.colour from", "t.colour, t.after from")
    done = migrated()
    assert [item["migration"][:14] for item in done["migrations"]] == [
        "20260103000000",
        "20260104000000",
        "20260105000000",
    ]
    connection = connect(empty_db)
    rows = connection.execute("select status, statements_done from sqlctl.migrations where name = 'index'")
    assert rows.fetchall() == [("applied", 1)]
    assert value_of(
        connection, "select indisvalid from pg_index where indexrelid = 'fleet.things_name_key'::regclass"
    )
    assert value_of(connection, "select count(*) from public.schema_migrations") == 5
    assert value_of(connection, "select count(*) from sqlctl.runs where finished_at is null") == 0
    assert migrated()["changed"] is False


def test_a_failure_outside_a_transaction_needs_repair(
    migrated: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    connection = connect(empty_db)
    connection.execute("insert into fleet.things (id, name) values (3, 'twice'), (4, 'twice')")
    tree.migration("20260103000000", "before", "alter table fleet.things add column before int;")
    tree.migration("20260104000000", "index", INDEX, options="transaction:false")
    tree.migration("20260105000000", "after", "alter table fleet.things add column after int;")
    said = migrated(code=7)
    assert "23505" in said and "drop index concurrently fleet.things_name_key" in said
    rows = connection.execute("select name, status from sqlctl.migrations order by ordinal").fetchall()
    assert rows[2:] == [("before", "applied"), ("index", "started")]
    assert value_of(connection, "select count(*) from public.schema_migrations") == 3
    for arguments in ((), ("--dry-run",)):
        assert "20260104000000_index was started" in migrated(*arguments, code=7)

    # what the message says to do
    connection.execute("delete from fleet.things where id = 4")
    connection.execute("drop index concurrently fleet.things_name_key")
    connection.execute("delete from sqlctl.migrations where version = '20260104000000'")
    assert len(migrated()["migrations"]) == 2


def test_an_invalid_index_is_never_recorded_as_success(
    migrated: Callable[..., Any], tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    connection = connect(empty_db)
    connection.execute("insert into fleet.things (id, name) values (3, 'twice'), (4, 'twice')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(INDEX)
    tree.migration(
        "20260103000000", "index", INDEX.replace("concurrently", "concurrently if not exists"),
        options="transaction:false",
    )  # fmt: skip
    said = migrated(code=7)
    assert "INVALID" in said and "things_name_key" in said
    assert value_of(connection, "select status from sqlctl.migrations where name = 'index'") == "started"


def test_while_a_statement_runs_outside_a_transaction_no_other_runner_starts(
    migrated: Callable[..., Any], start: Start, tree: SqlTree, connect: Connect, empty_db: Database
) -> None:
    """And when its runner is killed, the statement dies with it."""
    tree.migration("20260103000000", "index", INDEX, options="transaction:false")
    writer = connect(empty_db, autocommit=False)
    writer.execute("insert into fleet.things (id, name) values (5, 'uncommitted')")
    watcher = connect(empty_db)
    building = (
        "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'"
        " and query ~ '^create unique index'"
    )
    process = start(empty_db, tree, "migrate")
    until(lambda: value_of(watcher, building) == 1, "the index is being built")
    assert "was started" in migrated("--lock-wait", "300ms", code=7)
    locked = (
        "select count(*) from pg_locks where relation = 'sqlctl.runner_lock'::regclass"
        f" and mode = 'ExclusiveLock' and {HERE}"
    )
    assert value_of(watcher, locked) == 1
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    until(lambda: value_of(watcher, building) == 0, "the statement ends with its runner", seconds=15)
    until(lambda: value_of(watcher, locked) == 0, "the lock is free")
    assert value_of(watcher, "select status from sqlctl.migrations where name = 'index'") == "started"
    writer.rollback()


@pytest.mark.usefixtures("migrated")
def test_a_lost_lock_stops_the_run(start: Start, tree: SqlTree, connect: Connect, empty_db: Database) -> None:
    tree.migration("20260103000000", "index", INDEX, options="transaction:false")
    writer = connect(empty_db, autocommit=False)
    writer.execute("insert into fleet.things (id, name) values (5, 'uncommitted')")
    watcher = connect(empty_db)
    keeper = "select pid from pg_stat_activity where application_name = 'sqlctl (keeps the lock)' and datname = current_database()"
    process = start(empty_db, tree, "migrate")
    pid = until(lambda: value_of(watcher, keeper), "the lock is kept")
    until(
        lambda: value_of(watcher, "select count(*) from sqlctl.migrations where status = 'started'"),
        "the statement is announced",
    )
    watcher.execute("select pg_terminate_backend(%s)", [pid])
    threading.Timer(0.1, writer.rollback).start()
    _, said = finish(process, 3)
    assert "lock was lost" in said
    assert value_of(watcher, "select status from sqlctl.migrations where name = 'index'") == "started"


def test_versions_of_the_tree_are_what_the_tests_say(tree: SqlTree) -> None:
    assert [path.name[:14] for path in sorted((tree.root / "migrations").iterdir())] == list(VERSIONS)
