"""Handoffs and daily check counts with real connections: one wins, nothing is lost or counted twice, cost stays flat."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from conftest import Database, RunSqlctl
from test_concurrency import at_once, value, wait_until_blocked
from test_plans import explain, nodes, pages

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]

TOTAL = "select coalesce(sum(check_count), 0)::int from fleet.health_check_summary"
CHECKS = "select fleet.record_health_check('p', 'spawn', 'ok', jsonb_build_object('n', n)) from generate_series(1, %s) as n"
REQUEST = "select fleet.request_session_handoff(%s)"
REFRESH = "select fleet.refresh_health_check_counts()"


def test_two_askers_at_once_make_one_handoff(connect: Connect) -> None:
    connections = [connect() for _ in range(8)]
    projects = [f"p{n}" for n in range(20)]
    connections[0].execute("select fleet.start_session(p) from unnest(%s::text[]) as p", (projects,))
    for project in projects:
        ids = at_once(connections, lambda c, _, p=project: value(c, REQUEST, p))
        assert len(set(ids)) == 1, ids
    assert value(connections[0], "select count(*) from fleet.session_handoffs") == 20


def test_the_database_refuses_a_second_open_handoff(connect: Connect) -> None:
    connection = connect()
    connection.execute("select fleet.start_session('p')")
    connection.execute("select fleet.request_session_handoff('p')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "insert into fleet.session_handoffs (project, ps_session_id, asked_at, deadline_at)"
            " select project, ps_session_id, now(), now() from fleet.session_handoffs"
        )


def test_a_document_is_taken_up_once(connect: Connect) -> None:
    """Eight resumers of one session get the same answer; the session after it gets none."""
    connections = [connect() for _ in range(8)]
    connections[0].execute("select fleet.start_session('p', 'cli', 'one')")
    connections[0].execute("select fleet.request_session_handoff('p')")
    connections[0].execute("select fleet.record_session_handoff('p', '/h.md')")
    resume = "select (id, resumed_at)::text from fleet.resume_session_handoff('p')"
    assert len(set(at_once(connections, lambda c, _: value(c, resume)))) == 1
    connections[0].execute("select fleet.start_session('p', 'cli', 'two')")
    with pytest.raises(psycopg.Error) as caught:
        value(connections[0], resume)
    assert caught.value.sqlstate == "MF005"


def test_a_document_that_comes_while_time_runs_out_is_written(connect: Connect) -> None:
    """Whoever expires leaves the row that is being written; it does not wait for it either."""
    writer, upkeep = connect(), connect()
    writer.execute("select fleet.start_session('p', p_at => now() - interval '1 hour')")
    writer.execute("select fleet.request_session_handoff('p', now() - interval '10 minutes')")
    upkeep.execute("set lock_timeout = '2s'")
    with writer.transaction():
        writer.execute(
            "select fleet.record_session_handoff('p', '/h.md', p_at => now() - interval '6 minutes')"
        )
        assert value(upkeep, "select count(*) from fleet.expire_session_handoffs()") == 0
    assert value(upkeep, "select count(*) from fleet.expire_session_handoffs()") == 0
    assert value(upkeep, "select state from fleet.session_handoffs") == "written"


def test_handoffs_of_all_kinds_at_once_deadlock_never(connect: Connect) -> None:
    connections = [connect() for _ in range(6)]
    connections[0].execute("select fleet.start_session('p', p_at => now() - interval '1 day')")
    calls = [
        "select fleet.request_session_handoff('p')",
        "select fleet.record_session_handoff('p', '/h.md')",
        "select count(*) from fleet.resume_session_handoff('p')",
        "select count(*) from fleet.expire_session_handoffs()",
        "select fleet.touch_session('p')",
        "select count(*) from fleet.run_check('handoff')",
    ]

    def work(connection: Connection, number: int) -> set[str | None]:
        states: set[str | None] = set()
        for _ in range(40):
            try:
                connection.execute(calls[number])
            except psycopg.Error as error:
                states.add(error.sqlstate)
        return states

    refused = set().union(*at_once(connections, work))
    assert refused <= {"MF005", "MF006"}, refused
    assert value(connections[0], "select count(*) from fleet.session_handoffs where state = 'asked'") <= 1


def test_two_refreshes_at_once_count_each_check_once(connect: Connect) -> None:
    first, second, observer = connect(), connect(), connect()
    first.execute(CHECKS, (50,))
    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            assert value(first, REFRESH) == 50
            waiting = pool.submit(lambda: value(second, REFRESH))
            wait_until_blocked(observer, second, waiting)
            # readers and writers of checks wait for nobody
            observer.execute("set lock_timeout = '2s'")
            observer.execute("select fleet.record_health_check('q', 'spawn', 'ok')")
            assert value(observer, TOTAL) == 51
        assert waiting.result() == 1
    assert value(observer, TOTAL) == 51
    assert value(observer, "select sum(check_count)::int from fleet.health_check_counts") == 51


def test_a_refresh_killed_half_way_has_done_nothing(connect: Connect) -> None:
    victim, second, observer = connect(), connect(), connect()
    observer.execute(CHECKS, (50,))
    victim.execute("begin")
    assert value(victim, REFRESH) == 50
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: value(second, REFRESH))
        wait_until_blocked(observer, second, waiting)
        observer.execute("select pg_terminate_backend(%s, 5000)", (victim.info.backend_pid,))
        assert waiting.result() == 50
    assert value(observer, TOTAL) == 50
    assert value(observer, "select count(*) from fleet.health_check_deltas") == 0


def test_the_summary_is_exact_at_every_moment(connect: Connect) -> None:
    """Writers, refreshers and partition makers at work; a reader never sees a count go back, nor too high."""
    writers = [connect() for _ in range(3)]
    refreshers = [connect() for _ in range(2)]
    upkeep, reader = connect(), connect()
    late = "now() - interval '3 days'"  # no partition is made for the past: these wait in the overflow table at first
    write = (
        f"select fleet.record_health_check(%s, 'spawn', 'ok', jsonb_build_object('n', %s::int), null, {late})"
    )
    rounds = 100
    seen: list[int] = []

    def work(connection: Connection, number: int) -> None:
        if connection in writers:
            for n in range(rounds):
                connection.execute(write, (f"w{number}", n))
        elif connection in refreshers:
            for _ in range(rounds):
                connection.execute(REFRESH)
        elif connection is upkeep:
            time_limit = time.monotonic() + 30
            while value(upkeep, TOTAL) < rounds and time.monotonic() < time_limit:
                pass
            connection.execute("select count(*) from fleet.ensure_partitions()")
        else:
            while len(seen) < 200:
                seen.append(value(connection, TOTAL))

    results = at_once([*writers, *refreshers, upkeep, reader], work)
    assert [result for result in results if result is not None] == []
    assert seen == sorted(seen), "a count went back"
    raw = "select count(*)::int from (table fleet.health_checks union all table fleet.health_checks_overflow) as h"
    assert value(reader, TOTAL) == value(reader, raw) == 3 * rounds
    upkeep.execute("select count(*) from fleet.ensure_partitions()")
    upkeep.execute(REFRESH)
    assert value(reader, TOTAL) == 3 * rounds


def test_checks_of_before_the_counting_are_counted(
    connect: Connect, db: Database, run_sqlctl: RunSqlctl
) -> None:
    before = "20261121061100"  # the migration before the one that counts
    done = run_sqlctl("down", "--to", before, "--yes", env=db.environment)
    assert done.returncode == 0, done.stderr
    connection = connect()
    connection.execute(
        "insert into fleet.health_checks (project, check_time, check_type, status)"
        " select 'p', now(), 'spawn', 'ok' from generate_series(1, 30)"
    )
    done = run_sqlctl("migrate", env=db.environment)
    assert done.returncode == 0, done.stderr
    connection.execute(CHECKS, (5,))
    assert value(connection, TOTAL) == 35


FLEET = """
    select fleet.start_session('p' || n, p_at => now() - interval '1 hour') from generate_series(1, 50) as n;
    insert into fleet.active_spawns (project, task_id, spawn_time)
    select 'p' || n % 10, 'open' || n, now() - interval '20 minutes' from generate_series(1, 50) as n;
    select fleet.record_health_check('p' || n % 10, 'spawn', 'ok', jsonb_build_object('n', n)) from generate_series(1, 200) as n;
    insert into fleet.session_handoffs (project, ps_session_id, asked_at, deadline_at)
    select project, id, now(), now() + interval '5 minutes' from fleet.ps_sessions where project < 'p2';
"""
# a year's worth of days in the roll-up, hundreds of thousands of checks and tens of thousands of ended things behind them
PAST = """
    select count(*) from fleet.ensure_partitions(now() - interval '6 days');
    insert into fleet.health_checks (project, check_time, check_type, status)
    select 'p' || n % 10, now() - n * interval '2 seconds', 'spawn', 'ok' from generate_series(1, 200000) as n;
    insert into fleet.health_check_counts
    select 'p' || p, current_date - d, 'spawn', 'ok', 144, now() from generate_series(0, 9) as p, generate_series(10, 3000) as d;
    insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at)
    select 'p' || n % 10, 'ended' || n, now() - interval '2 hours', 'completed', now() - interval '1 hour'
    from generate_series(1, 20000) as n;
    insert into fleet.session_handoffs (project, ps_session_id, state, asked_at, deadline_at, timed_out_at)
    select 'p' || n % 10, -n, 'timed_out', t, t, t
    from generate_series(1, 20000) as n cross join lateral (select now() - interval '1 day' - n * interval '1 minute') as v (t);
"""
QUERIES = {
    "health_check_summary": "select * from fleet.health_check_summary where check_date = (now() at time zone 'UTC')::date",
    "active_monitoring_targets": "select * from fleet.active_monitoring_targets",
    "handoff check": "select * from fleet_internal.evaluate_handoff(now())",
}
TABLES = (
    "health_checks",
    "health_check_counts",
    "health_check_deltas",
    "active_spawns",
    "session_handoffs",
    "ps_sessions",
)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_a_large_history_does_not_make_it_dearer(connect: Connect, query: str) -> None:
    connection = connect()
    connection.execute("select count(*) from fleet.ensure_partitions()")
    connection.execute(FLEET)
    connection.execute(REFRESH)
    for table in TABLES:
        connection.execute(f"vacuum analyze fleet.{table}")
    connection.execute(query)
    young = explain(connection, query)

    connection.execute(PAST)
    connection.execute(REFRESH)
    for table in TABLES:
        connection.execute(f"vacuum analyze fleet.{table}")
    connection.execute(query)
    old = explain(connection, query)

    assert old["Actual Rows"] >= young["Actual Rows"] > 0
    assert pages(old) <= 3 * pages(young) + 100, json.dumps(old, indent=1)
    scanned = [str(node.get("Relation Name")) for node in nodes(old)]
    assert not [name for name in scanned if name.startswith("health_checks_p")], scanned
    full = [node.get("Relation Name") for node in nodes(old) if node["Node Type"] == "Seq Scan"]
    assert not {"active_spawns", "health_check_counts", "session_handoffs"} & set(full), full
