"""What spawns used, told by many clients at once and more than once: nothing lost, nothing doubled, no deadlock.

And what a tree costs: as many look-ups as it has spawns, whatever else there is and was.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from conftest import Connect
from test_concurrency import at_once, value, wait_until_blocked
from test_plans import explain, nodes, pages

Connection = psycopg.Connection[Any]
Event = tuple[uuid.UUID, int, int]

CLIENTS = 16
RECORD = "select fleet.record_spawn_usage('p', 't', %s, %s / 1000.0, %s, timestamptz '2026-03-02 10:00+00' + %s * interval '1 second')"
TOTALS = "select tokens_used, cost_usd from fleet.spawns where project = 'p' and task_id = 't'"
LEDGER = """
    select count(*), sum(tokens_used), sum(cost_usd)
    from (select * from fleet.spawn_usages union all select * from fleet.spawn_usages_overflow) as u
"""


def events(number: int) -> list[Event]:
    """Events of one client: id, tokens, and the second in which they were used."""
    return [(uuid.UUID(int=number * 1000 + n), number * 100 + n, n) for n in range(30)]


def tell(connection: Connection, number: int) -> int:
    """All events of this client and of the next, in an order of its own, half of them at once again."""
    told = events(number) + events((number + 1) % CLIENTS)
    random.Random(number).shuffle(told)
    for event_id, tokens, second in told:
        for _ in range(1 + tokens % 2):
            try:
                connection.execute(RECORD, (tokens, tokens, event_id, second))
            except psycopg.Error as error:
                # A call under way while a partition is attached and the row moves into it may not see the row:
                # it is refused, not lost, and telling it again is safe.
                if error.sqlstate != "MF002":
                    raise
                connection.execute(RECORD, (tokens, tokens, event_id, second))
    return number


def assert_told_once(connection: Connection) -> None:
    tokens = [tokens for number in range(CLIENTS) for _, tokens, _ in events(number)]
    ledger = connection.execute(LEDGER).fetchone()
    assert ledger is not None
    assert (ledger[0], ledger[1], float(ledger[2])) == (len(tokens), sum(tokens), sum(tokens) / 1000)
    totals = connection.execute(TOTALS).fetchall()
    assert [(row[0], float(row[1])) for row in totals] == [(sum(tokens), sum(tokens) / 1000)]


def end(connection: Connection) -> None:
    connection.execute("select fleet.complete_spawn('p', 't', p_at => '2026-03-02 11:00+00')")


def archive(connection: Connection) -> None:
    end(connection)
    assert value(connection, "select fleet.archive_ended_spawns()") == 1


def archive_in_partition(connection: Connection) -> None:
    connection.execute("select fleet.ensure_partitions('2026-03-02 10:00+00')")
    archive(connection)
    assert value(connection, "select count(*) from fleet.spawn_history") == 1


@pytest.mark.parametrize(
    "place",
    [lambda _: None, end, archive, archive_in_partition],
    ids=["open", "ended", "overflow", "archived"],
)
def test_sixteen_clients_with_repeats_lose_nothing_and_double_nothing(
    connect: Connect, place: Callable[[Connection], None]
) -> None:
    connections = [connect() for _ in range(CLIENTS)]
    connections[0].execute("select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00')")
    place(connections[0])
    assert at_once(connections, tell) == list(range(CLIENTS))
    assert_told_once(connections[0])


def test_nothing_is_lost_while_the_spawn_moves(connect: Connect) -> None:
    """Told while its row goes from active_spawns to the overflow of the history and on to a partition."""
    connections = [connect() for _ in range(CLIENTS + 1)]
    connections[0].execute("select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00')")

    def work(connection: Connection, number: int) -> int:
        if number < CLIENTS:
            return tell(connection, number)
        end(connection)
        while value(connection, "select count(*) from fleet.active_spawns") == 1:
            connection.execute("select fleet.archive_ended_spawns()")
        connection.execute("select fleet.ensure_partitions('2026-03-02 10:00+00')")
        return number

    assert at_once(connections, work) == list(range(CLIENTS + 1))
    assert value(connections[0], "select count(*) from fleet.spawn_history") == 1
    assert_told_once(connections[0])


@pytest.mark.parametrize(
    "place", [lambda _: None, archive, archive_in_partition], ids=["open", "overflow", "archived"]
)
def test_a_retry_at_another_time_waits_for_the_first_try_and_counts_once(
    connect: Connect, place: Callable[[Connection], None]
) -> None:
    """A retry takes the time of its own transaction where the caller names none: the key alone does not stop it."""
    first, retry, observer = connect(), connect(), connect()
    first.execute("select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00')")
    place(first)
    event_id = uuid.UUID(int=1)
    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            spawn_id = value(first, RECORD, 100, 500, event_id, 1)
            retried = pool.submit(lambda: value(retry, RECORD, 100, 500, event_id, 2))
            wait_until_blocked(observer, retry, retried)
        assert retried.result() == spawn_id
    assert observer.execute(LEDGER).fetchall() == [(1, 100, pytest.approx(0.5))]
    assert observer.execute(TOTALS).fetchall() == [(100, pytest.approx(0.5))]


def test_a_spawn_that_is_archived_while_usage_waits_gets_it(connect: Connect) -> None:
    mover, teller, observer = connect(), connect(), connect()
    mover.execute("select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00')")
    end(mover)
    with ThreadPoolExecutor(1) as pool:
        with mover.transaction():
            mover.execute("select fleet.archive_ended_spawns()")
            told = pool.submit(
                lambda: teller.execute(
                    "select fleet.record_spawn_usage('p', 't', 7, p_at => '2026-03-02 10:30+00')"
                )
            )
            wait_until_blocked(observer, teller, told)
        told.result()
    assert value(observer, "select tokens_used from fleet.spawns where is_archived") == 7


def test_the_last_usage_and_the_end_in_one_transaction_do_not_deadlock(connect: Connect) -> None:
    """The task's row is the one lock of both, whichever a client calls first."""
    connections = [connect() for _ in range(8)]
    for task in range(10):
        connections[0].execute("select fleet.register_spawn('p', %s)", (f"t{task}",))

        def work(connection: Connection, number: int, task: str = f"t{task}") -> int:
            calls = ["select fleet.complete_spawn('p', %s)", "select fleet.record_spawn_usage('p', %s, 1)"]
            with connection.transaction():
                for call in calls if number % 2 else calls[::-1]:
                    connection.execute(call, (task,))
            return number

        assert at_once(connections, work) == list(range(8))
    assert value(connections[0], "select array_agg(distinct tokens_used) from fleet.spawns") == [8]


def test_usage_is_a_hot_update(connect: Connect) -> None:
    connection = connect()
    connection.execute("select fleet.register_spawn('p', 't', p_at => '2026-03-02 10:00+00')")
    with connection.transaction():
        for second in range(20):
            connection.execute(RECORD, (1, 1, None, second))
        row = connection.execute(
            "select pg_stat_get_xact_tuples_updated(c), pg_stat_get_xact_tuples_hot_updated(c)"
            " from (select 'fleet.active_spawns'::regclass::oid) as t (c)"
        ).fetchone()
    assert row == (20, 20)


@pytest.mark.parametrize("project", ["p", "q"], ids=["the same project's", "another project's"])
def test_a_tree_reads_its_own_spawns_only(connect: Connect, project: str) -> None:
    connection = connect()
    connection.execute("select fleet.ensure_partitions('2026-03-02 10:00+00')")
    connection.execute(
        """
        insert into fleet.active_spawns (id, project, task_id, spawn_time, status, completed_at, parent_spawn_id)
        overriding system value
        select -n, 'p', 'tree' || n, '2026-03-02 10:00+00', 'completed', '2026-03-02 11:00+00', case when n > 1 then -(n / 2) end
        from generate_series(1, 31) as n
        """
    )
    connection.execute(
        "select fleet_internal.archive_spawns('p', array(select 'tree' || n from generate_series(3, 31) as n))"
    )
    query = "select * from fleet.get_spawn_tree('p', 'tree1')"
    connection.execute("vacuum analyze fleet.active_spawns")
    connection.execute(query)
    young = explain(connection, query)

    connection.execute(
        """
        insert into fleet.active_spawns (project, task_id, spawn_time, parent_spawn_id)
        select %(project)s, 'live' || n, '2026-03-02 10:00+00', 1000000 + n from generate_series(1, 20000) as n;
        """,
        {"project": project},
    )
    connection.execute(
        """
        insert into fleet.spawn_history (
          id, project, task_id, spawn_time, status, completed_at, created_at, updated_at, attempt, parent_spawn_id)
        select 2000000 + n, %(project)s, 'past' || n, '2026-03-02 10:00+00', 'failed', '2026-03-02 11:00+00', now(), now(), 1, 1000000 + n
        from generate_series(1, 20000) as n;
        """,
        {"project": project},
    )
    for table in ("active_spawns", "spawn_history"):
        connection.execute(f"vacuum analyze fleet.{table}")
    connection.execute(query)
    old = explain(connection, query)

    assert old["Actual Rows"] == young["Actual Rows"] == 31
    assert pages(old) <= 3 * pages(young) + 100
    scanned = [node.get("Relation Name") for node in nodes(old) if node["Node Type"] == "Seq Scan"]
    assert not {"active_spawns", "spawn_history_p20260301"} & set(scanned), scanned
