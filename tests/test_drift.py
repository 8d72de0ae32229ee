"""sqlctl drift finds what was changed by hand, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Connect, Database, RunSqlctl, TestServer
from sqlctl.errors import RefusedError
from sqlctl.scratch import binaries_of


@pytest.fixture
def drift(run_sqlctl: RunSqlctl, server: TestServer, new_name: Callable[[], str], db: Database) -> Any:
    """drift(*args, code=...): its JSON. The sheet is laid in a database of the test server."""
    scratch = server.create(new_name())

    def run(*args: str, code: int = 0) -> Any:
        arguments = ["--json", "--scratch-dsn", scratch.conninfo, *args]
        done = run_sqlctl("drift", *arguments, env=db.environment)
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return json.loads(done.stdout) if code < 2 else done.stderr

    return run


def test_a_migrated_database_has_none_partitions_left_out(drift: Any) -> None:
    found = drift()
    assert found["drift"] is False and found["compared"] > 100 and found["notes"] == []


def test_without_a_scratch_database_it_starts_a_server_of_the_same_major(
    run_sqlctl: RunSqlctl, db: Database, connect: Connect
) -> None:
    major = connect().info.server_version // 10000
    programs = {name: value for name, value in os.environ.items() if name == "SQLCTL_PG_BINDIR"}
    done = run_sqlctl("drift", env={**db.environment, **programs})
    try:
        binaries_of(major)
    except RefusedError:
        assert done.returncode == 5 and "--scratch-dsn" in done.stderr
    else:
        assert done.returncode == 0 and done.stdout.startswith("no drift:"), done.stderr


PLANTED = {
    "table fleet.active_spawns": "alter table fleet.active_spawns add column planted int",
    "index fleet.idx_health_checks_status": "drop index fleet.idx_health_checks_status",
    "index fleet.planted_idx": "create index planted_idx on fleet.session_history (host)",
    "acl fleet.TABLE spawns": "grant select on fleet.spawns to public",
    "table fleet.stall_rules": "alter table fleet.stall_rules owner to current_user",
    "comment fleet.COLUMN spawns.id": "comment on column fleet.spawns.id is 'planted'",
    "table fleet.planted": "create table fleet.planted (a int)",
    "function fleet.ensure_partitions(timestamp with time zone)": r"""do $do$ begin
        execute regexp_replace(
          pg_get_functiondef('fleet.ensure_partitions(timestamptz)'::regprocedure), '\nbegin\n', E'\nbegin\n  perform 1;\n');
        end $do$""",
    "function fleet.get_stalled_spawns": """do $do$ begin
        execute format('alter function %s volatile', 'fleet.get_stalled_spawns'::regproc); end $do$""",
    "trigger fleet.": """do $do$ begin
        execute (select format('drop trigger %I on %s', tgname, tgrelid::regclass)
          from pg_trigger where not tgisinternal and tgrelid = 'fleet.ps_sessions'::regclass); end $do$""",
}


def test_every_planted_change_is_found_and_nothing_else(drift: Any, connect: Connect) -> None:
    connection = connect()
    for statement in PLANTED.values():
        connection.execute(statement.encode())
    found = drift(code=1)
    labels = [item["label"] for item in found["differences"]]
    for label in PLANTED:
        hits = [item for item in found["differences"] if item["label"].startswith(label)]
        assert hits and all(item["diff"] for item in hits), f"{label} not in {labels}"
    # a changed owner changes what was granted, a dropped trigger takes its comment along
    unplanted = [
        label
        for label in labels
        if not label.startswith((*PLANTED, "acl fleet.TABLE ", "comment fleet.TRIGGER "))
    ]
    assert unplanted == []
    whats = {item["label"]: item["what"] for item in found["differences"]}
    assert whats["index fleet.planted_idx"] == "extra" == whats["table fleet.planted"]
    assert whats["index fleet.idx_health_checks_status"] == "missing"
    assert whats["table fleet.active_spawns"] == "different"


def test_changed_policy_rows_are_notes_and_new_ones_are_nothing(drift: Any, connect: Connect) -> None:
    connection = connect()
    connection.execute("update fleet.time_limits set duration = '2 minutes' where name = 'clock_tolerance'")
    connection.execute("select fleet.change_stall_rule('planted', '*', interval '2 seconds')")
    found = drift()
    assert found["drift"] is False
    assert len(found["notes"]) == 1 and "clock_tolerance" in found["notes"][0]


def test_the_scratch_database_is_emptied_and_must_be_empty(
    run_sqlctl: RunSqlctl, server: TestServer, new_name: Callable[[], str], connect: Connect, db: Database
) -> None:
    scratch = server.create(new_name())
    for _ in range(2):
        done = run_sqlctl("drift", "--scratch-dsn", scratch.conninfo, env=db.environment)
        assert done.returncode == 0, done.stderr
    assert connect(scratch).execute("select to_regnamespace('fleet')").fetchone() == (None,)
    done = run_sqlctl("drift", "--scratch-dsn", db.conninfo, env=db.environment)
    assert done.returncode == 5 and "must be an empty one" in done.stderr


def test_without_the_schema_it_says_so(run_sqlctl: RunSqlctl, empty_db: Database) -> None:
    done = run_sqlctl("drift", env=empty_db.environment)
    assert done.returncode == 1 and "no schema fleet" in done.stderr and "sqlctl migrate" in done.stderr


def test_what_is_pending_is_said(drift: Any, connect: Connect) -> None:
    connect().execute("drop view fleet.spawns cascade")
    found = drift(code=1)
    assert "pending" in found["notes"][0]


def test_what_a_partitions_name_would_hide(drift: Any, connect: Connect) -> None:
    connection = connect()
    connection.execute("create table fleet.health_checks_p19990101 (a int)")
    row = connection.execute(
        "select partition_name from fleet_internal.list_partitions('spawn_history')"
    ).fetchone()
    assert row is not None
    connection.execute(f"grant select on fleet.{row[0]} to public")
    connection.execute(f"alter table fleet.{row[0]} add constraint planted check (attempt < 9)")
    found = [(difference["name"], difference["what"]) for difference in drift(code=1)["differences"]]
    assert found == [("health_checks_p19990101", "extra"), (row[0], "different"), (row[0], "different")]
