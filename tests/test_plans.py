"""Cost stays flat: what is asked every ten minutes reads open rows, never the ended ones or the history.

Measured in pages, not in seconds: a plan that begins to read the history reads many times as many.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]

FLEET = """
    insert into fleet.active_spawns (project, task_id, spawn_time, output_file)
    select 'p' || n % 10, 'open' || n, now() - interval '20 minutes', '/tmp/x' from generate_series(1, 50) as n
"""
LARGE_FLEET = """
    insert into fleet.active_spawns (project, task_id, spawn_time)
    select 'p' || n % 100, 'busy' || n, now() - interval '20 minutes' from generate_series(1, 5000) as n
"""
PAST = """
    insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at, output_file)
    select 'p' || n % 10, 'ended' || n, now() - interval '2 hours', 'completed', now() - interval '1 hour', '/tmp/x'
    from generate_series(1, 20000) as n;
    insert into fleet.spawn_history (
      id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt)
    select -n, 'p' || n % 10, 'past' || n, now() - interval '2 hours', 'failed', now() - interval '1 hour', now(), now(), 1
    from generate_series(1, 20000) as n;
"""
QUERIES = {
    "stalled spawns of a project": "select * from fleet.get_stalled_spawns('p1')",
    "stalled spawns of the fleet": "select * from fleet.get_stalled_spawns()",
    "output files of a host": "select * from fleet.list_output_files('h')",
    "the source's open spawns": "select * from fleet.active_spawns where project = 'p1' and status = 'running'",
    "orphaned work": "select * from fleet_internal.evaluate_orphaned_work(now())",
    "the check of spawns": "select * from fleet_internal.evaluate_spawn(now())",
    "the check of upkeep": "select * from fleet_internal.evaluate_partitions(now())",
    "marking the stalled": "select count(*) from fleet.mark_stalled_spawns()",
    "the archive with nothing due": "select fleet.archive_ended_spawns()",
}


def explain(connection: Connection, query: str) -> dict[str, Any]:
    row = connection.execute(f"explain (analyze, buffers, format json) {query}").fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return dict(plan[0]["Plan"])


def pages(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_forty_thousand_ended_spawns_do_not_make_it_dearer(connect: Connect, query: str) -> None:
    connection = connect()
    connection.execute(FLEET)
    connection.execute("vacuum analyze fleet.active_spawns")
    connection.execute(query)
    young = explain(connection, query)

    connection.execute(PAST)
    for table in ("active_spawns", "spawn_history"):
        connection.execute(f"vacuum analyze fleet.{table}")
    connection.execute(query)
    old = explain(connection, query)

    assert old["Actual Rows"] == young["Actual Rows"] > 0
    assert pages(old) <= 3 * pages(young) + 100, json.dumps(old, indent=1)
    scanned = [node.get("Relation Name") for node in nodes(old) if node["Node Type"] == "Seq Scan"]
    assert not {"active_spawns", "spawn_history"} & set(scanned), scanned


SESSIONS = """
    insert into fleet.ps_sessions (project, started_at, last_activity, last_context_check, context_usage)
    select 'p' || n, now() - interval '2 hours', now() - interval '20 minutes', now() - interval '20 minutes', 0.3
    from generate_series(1, 50) as n;
    insert into fleet.context_samples
    select s.project, now() - n * interval '10 minutes', s.id, 0.3, 60000, 200000
    from fleet.ps_sessions as s, generate_series(1, 6) as n
"""
# A month of readings of the same sessions every ten minutes, and a crowd of other projects an hour ago.
READINGS = """
    insert into fleet.context_samples
    select s.project, now() - interval '1 day' - n * interval '10 minutes', s.id, 0.3, 60000, 200000
    from fleet.ps_sessions as s, generate_series(1, 1000) as n;
    insert into fleet.context_samples
    select 'other' || n, now() - interval '1 hour', -n, 0.3, 60000, 200000 from generate_series(1, 20000) as n;
    insert into fleet.session_history (
      id, project, session_type, started_at, last_activity, ended_at, end_reason, created_at, updated_at,
      state, state_changed_at, state_reported_at, archived_at)
    select -n, 'p' || n % 50, 'cli', now() - interval '1 day', now() - interval '1 day', now() - interval '1 day',
      'completed', now(), now(), 'idle', now(), now(), now()
    from generate_series(1, 20000) as n;
"""
CONTEXT_QUERIES = {
    "forecast": "select * from fleet.get_context_forecast('p1')",
    "what needs a check": "select * from fleet.get_sessions_needing_context_check()",
    "zones": "select * from fleet.get_context_zone()",
    "check type context": "select * from fleet_internal.evaluate_context(now())",
}


@pytest.mark.parametrize("query", CONTEXT_QUERIES.values(), ids=CONTEXT_QUERIES.keys())
def test_seventy_thousand_old_readings_do_not_make_it_dearer(connect: Connect, query: str) -> None:
    connection = connect()
    for day in range(9):
        connection.execute("select * from fleet.ensure_partitions(now() - %s * interval '1 day')", (day,))
    connection.execute(SESSIONS)
    connection.execute("vacuum analyze fleet.ps_sessions, fleet.context_samples")
    connection.execute(query)
    young = explain(connection, query)

    connection.execute(READINGS)
    connection.execute("vacuum analyze fleet.context_samples, fleet.session_history")
    connection.execute(query)
    old = explain(connection, query)

    assert old["Actual Rows"] == young["Actual Rows"] > 0
    assert pages(old) <= 3 * pages(young) + 100, json.dumps(old, indent=1)
    scanned = [node.get("Relation Name", "") for node in nodes(old) if node["Node Type"] == "Seq Scan"]
    assert not [name for name in scanned if name.startswith("context_samples_p")], scanned


def test_stalled_spawns_of_a_project_use_the_partial_index(connect: Connect) -> None:
    connection = connect()
    connection.execute(LARGE_FLEET)
    connection.execute(PAST)
    connection.execute("vacuum analyze fleet.active_spawns")
    plan = explain(connection, "select * from fleet.get_stalled_spawns('p1')")
    assert "idx_active_spawns_project" in [node.get("Index Name") for node in nodes(plan)]


@pytest.mark.parametrize(
    ("table", "call"),
    [
        (
            "ps_sessions",
            "select fleet.touch_session('p', p_at => now() - interval '1 hour' + %s * interval '2 seconds')",
        ),
        (
            "ps_sessions",
            "select fleet.update_session_context("
            "'p', 30, 60000, 200000, now() - interval '1 hour' + %s * interval '2 seconds')",
        ),
        (
            "active_spawns",
            "select fleet.record_spawn_output('p', 't', now() - interval '1 hour' + %s * interval '1 second')",
        ),
    ],
)
def test_signs_of_life_are_hot_updates(connect: Connect, table: str, call: str) -> None:
    """An index on a column that every touch changes would turn each update into index writes."""
    connection = connect()
    connection.execute("select fleet.start_session('p', p_at => now() - interval '1 day')")
    connection.execute("select fleet.register_spawn('p', 't', p_at => now() - interval '1 day')")
    with connection.transaction():
        for step in range(20):
            connection.execute(call, (step,))
        row = connection.execute(
            "select pg_stat_get_xact_tuples_updated(c), pg_stat_get_xact_tuples_hot_updated(c)"
            " from (select %s::regclass::oid) as t (c)",
            (f"fleet.{table}",),
        ).fetchone()
    assert row == (20, 20)
