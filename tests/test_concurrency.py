"""What several sessions at once may do to each other: one wins, nothing is lost, nothing deadlocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

Connection = psycopg.Connection[Any]
Connect = Callable[..., Connection]


def value(connection: Connection, query: str, *arguments: object) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def at_once(connections: list[Connection], work: Callable[[Connection, int], Any]) -> list[Any]:
    """Run work(connection, number) on every connection, all released together; exceptions are results."""
    barrier = threading.Barrier(len(connections))

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return work(connections[number], number)
        except psycopg.Error as error:
            return error

    with ThreadPoolExecutor(len(connections)) as pool:
        return list(pool.map(run, range(len(connections))))


def wait_until_blocked(observer: Connection, blocked: Connection, future: Future[Any]) -> None:
    deadline = time.monotonic() + 10
    pid = blocked.info.backend_pid
    while value(observer, "select cardinality(pg_blocking_pids(%s))", pid) == 0:
        assert not future.done(), f"it was to wait, but ended: {future.result()}"
        assert time.monotonic() < deadline, "it never came to wait"


def test_eight_registrations_of_one_task_make_one_spawn(connect: Connect) -> None:
    connections = [connect() for _ in range(8)]
    for task in range(20):
        ids = at_once(
            connections, lambda c, _, task=task: value(c, "select fleet.register_spawn('p', %s)", f"t{task}")
        )
        assert len(set(ids)) == 1, ids
    assert value(connections[0], "select count(*) from fleet.spawns") == 20


def test_eight_starts_of_one_session_make_one_session(connect: Connect) -> None:
    connections = [connect() for _ in range(8)]
    ids = at_once(connections, lambda c, _: value(c, "select fleet.start_session('p', 'cli', 'one')"))
    assert len(set(ids)) == 1, ids
    assert value(connections[0], "select count(*) from fleet.session_history") == 0


def test_eight_sessions_of_one_project_leave_one_alive_and_lose_none(connect: Connect) -> None:
    connections = [connect() for _ in range(8)]
    # one instant for all: none of them is older than another
    at = value(connections[0], "select now()")
    ids = at_once(
        connections,
        lambda c, n: value(c, "select fleet.start_session('p', 'cli', %s, p_at => %s)", f"s{n}", at),
    )
    assert len(set(ids)) == 8, ids
    alive = value(connections[0], "select count(*) from fleet.ps_sessions where ended_at is null")
    replaced = value(
        connections[0], "select count(*) from fleet.session_history where end_reason = 'replaced'"
    )
    assert (alive, replaced) == (1, 7)


def test_two_ends_at_once_one_wins_and_the_other_is_told(connect: Connect) -> None:
    connections = [connect(), connect()]
    ends = ["select fleet.complete_spawn('p', %s)", "select fleet.fail_spawn('p', %s, 'boom')"]
    for task in range(20):
        connections[0].execute("select fleet.register_spawn('p', %s)", (f"t{task}",))
        results = at_once(connections, lambda c, n, task=task: value(c, ends[n], f"t{task}"))
        lost = [result for result in results if isinstance(result, psycopg.Error)]
        assert [error.sqlstate for error in lost] == ["MF005"], results


def test_trap_14_batches_in_opposite_orders_do_not_deadlock(connect: Connect) -> None:
    connections = [connect() for _ in range(4)]
    tasks = [f"t{n:03}" for n in range(200)]
    connections[0].execute("select fleet.register_spawn('p', t) from unnest(%s::text[]) as t", (tasks,))

    def look(connection: Connection, number: int) -> int:
        order = tasks if number % 2 else tasks[::-1]
        for _ in range(25):
            connection.execute(
                "select * from fleet.record_spawn_outputs("
                "array_fill('p'::text, array[200]), %s, array_fill(clock_timestamp(), array[200]))",
                (order,),
            )
        return number

    assert at_once(connections, look) == [0, 1, 2, 3]


def test_sixteen_readings_at_once_lose_none_and_show_the_newest(connect: Connect) -> None:
    connections = [connect() for _ in range(16)]
    connections[0].execute("select fleet.start_session('p', p_at => now() - interval '1 hour')")
    start = value(connections[0], "select now() - interval '1 hour'")
    reading = (
        "select fleet.update_session_context("
        "'p', %s / 4000.0, %s::bigint, 4000 * 100, %s::timestamptz + %s * interval '1 second')"
    )

    def tell(connection: Connection, number: int) -> int:
        steps = range(25) if number % 2 else range(24, -1, -1)
        for second in (step * 16 + number for step in steps):
            connection.execute(reading, (second, second, start, second))
        return number

    assert at_once(connections, tell) == list(range(16))
    kept = connections[0].execute(
        "select count(*), count(distinct tokens_used), max(tokens_used) from fleet.context_samples"
    )
    assert kept.fetchone() == (400, 400, 399)
    shown = "select estimated_tokens_used, extract(epoch from last_context_check - %s)::int from fleet.ps_sessions"
    assert connections[0].execute(shown, (start,)).fetchone() == (399, 399)


def test_readings_beside_touches_and_new_sessions_are_all_kept(connect: Connect) -> None:
    """A reading that waits for a session's row while another session takes it is not refused, nor lost."""
    connections = [connect() for _ in range(16)]
    connections[0].execute("select fleet.start_session('p', 'cli', 'first')")

    def work(connection: Connection, number: int) -> int:
        for step in range(15):
            match number:
                case 0:
                    connection.execute("select fleet.start_session('p', 'cli', %s)", (f"s{step}",))
                case 1 | 2 | 3:
                    connection.execute("select fleet.touch_session('p')")
                case _:
                    # the odd microseconds make each instant a reading of its own
                    connection.execute(
                        "select fleet.update_session_context('p', 50, 100000, 200000,"
                        " date_trunc('milliseconds', clock_timestamp()) + %s * interval '1 microsecond')",
                        (number * 15 + step,),
                    )
        return number

    assert at_once(connections, work) == list(range(16))
    assert value(connections[0], "select count(*) from fleet.context_samples") == 12 * 15


def test_output_that_arrives_while_marking_waits_is_seen(connect: Connect) -> None:
    """The mark is decided on the row as it is when its lock is got, not as it was when the query began."""
    writer, marker, observer = connect(), connect(), connect()
    writer.execute("select fleet.register_spawn('p', 't', p_at => now() - interval '1 hour')")
    with ThreadPoolExecutor(1) as pool:
        with writer.transaction():
            writer.execute("select fleet.record_spawn_output('p', 't', now())")
            marked = pool.submit(
                lambda: marker.execute("select * from fleet.mark_stalled_spawns()").fetchall()
            )
            wait_until_blocked(observer, marker, marked)
        assert marked.result() == []
    assert value(observer, "select status from fleet.active_spawns") == "running"


def test_a_spawn_that_ends_while_a_look_waits_stays_ended(connect: Connect) -> None:
    worker, checker, observer = connect(), connect(), connect()
    worker.execute("select fleet.register_spawn('p', 't')")
    look = "select outcome from fleet.record_spawn_outputs(array['p'], array['t'], array[now()])"
    with ThreadPoolExecutor(1) as pool:
        with worker.transaction():
            worker.execute("select fleet.complete_spawn('p', 't')")
            looked = pool.submit(lambda: value(checker, look))
            wait_until_blocked(observer, checker, looked)
        assert looked.result() == "ended"
    assert value(observer, "select status from fleet.active_spawns") == "completed"


def test_checks_at_once_agree_and_none_fails(connect: Connect) -> None:
    connections = [connect() for _ in range(4)]
    connections[0].execute("select fleet.register_spawn('p', 't', p_at => now() - interval '20 minutes')")
    query = "select string_agg(name || ' ' || status, ', ' order by name) from fleet.run_checks() where name in ('orphaned_work', 'spawn')"
    assert set(at_once(connections, lambda c, _: value(c, query))) == {"orphaned_work ok, spawn warning"}


def test_partitions_are_made_once_by_whoever_comes_first(connect: Connect) -> None:
    connections = [connect() for _ in range(4)]
    query = "select sum(cardinality(partitions_made))::int from fleet.ensure_partitions(now() + interval '40 days')"
    made = at_once(connections, lambda c, _: value(c, query))
    assert sorted(made)[:3] == [0, 0, 0], made
    assert sorted(made)[3] > 0, made


def test_making_partitions_stops_no_writer(connect: Connect) -> None:
    """ATTACH beside a writer in mid-transaction; CREATE TABLE ... PARTITION OF would wait for it."""
    writer, upkeep = connect(), connect()
    with writer.transaction():
        writer.execute("select fleet.record_health_check('p', 'spawn', 'ok')")
        upkeep.execute("set lock_timeout = '2s'")
        made = "select sum(cardinality(partitions_made)) from fleet.ensure_partitions(now() + interval '40 days')"
        assert value(upkeep, made) > 0


def test_purging_gives_up_at_once_when_somebody_reads(connect: Connect) -> None:
    reader, upkeep = connect(), connect()
    upkeep.execute("select fleet.ensure_partitions(now() - interval '60 days')")
    upkeep.execute("set statement_timeout = '20s'")
    with reader.transaction():
        reader.execute("select count(*) from fleet.health_checks")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            upkeep.execute("select * from fleet.purge_partition('health_checks')")
    dropped = value(upkeep, "select partition_dropped from fleet.purge_partition('health_checks')")
    assert dropped.startswith("health_checks_p")


def test_making_and_purging_at_once_see_the_same_partitions(connect: Connect) -> None:
    """A partition that is dropped while another session reads the catalog covers nothing, not everything."""
    connections = [connect() for _ in range(3)]
    with connections[0].transaction():
        for days in range(33, 60):
            connections[0].execute("select fleet.ensure_partitions(now() - %s * interval '1 day')", (days,))

    def work(connection: Connection, number: int) -> list[str | None]:
        failed = []
        for _ in range(15):
            try:
                if number == 0:
                    connection.execute("select * from fleet.purge_partition('health_checks')")
                else:
                    connection.execute("select * from fleet.ensure_partitions()")
            except psycopg.Error as error:
                failed.append(error.sqlstate)
        return failed

    failures = {sqlstate for failed in at_once(connections, work) for sqlstate in failed}
    assert failures <= {"55P03"}, failures  # purging gives way, as it says


def test_a_dropped_partition_covers_nothing_for_an_older_snapshot(connect: Connect) -> None:
    old, upkeep = connect(), connect()
    upkeep.execute("select fleet.ensure_partitions(now() - interval '60 days')")
    old.execute("begin isolation level repeatable read")
    old.execute("select 1 from fleet.time_limits")
    assert value(upkeep, "select partition_dropped from fleet.purge_partition('health_checks')")
    query = (
        "select count(*) from fleet.list_missing_partitions('2150-01-01') where table_name = 'health_checks'"
    )
    assert value(old, query) == value(upkeep, query) > 0


def test_the_archive_leaves_what_somebody_works_on(connect: Connect) -> None:
    worker, upkeep = connect(), connect()
    for task in ("busy", "free"):
        worker.execute("select fleet.register_spawn('p', %s, p_at => now() - interval '3 days')", (task,))
        worker.execute("select fleet.complete_spawn('p', %s, p_at => now() - interval '2 days')", (task,))
    upkeep.execute("set statement_timeout = '10s'")
    with worker.transaction():
        worker.execute("select 1 from fleet.active_spawns where task_id = 'busy' for update")
        assert value(upkeep, "select fleet.archive_ended_spawns()") == 1
    assert value(upkeep, "select fleet.archive_ended_spawns()") == 1


def test_a_killed_session_leaves_nothing_half_done(connect: Connect) -> None:
    victim, other = connect(), connect()
    victim.execute("begin")
    victim.execute("select fleet.start_session('p')")
    victim.execute("select fleet.register_spawn('p', 't')")
    other.execute("select pg_terminate_backend(%s, 5000)", (victim.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        victim.execute("select 1")
    counts = "select (select count(*) from fleet.ps_sessions) + (select count(*) from fleet.active_spawns)"
    assert value(other, counts) == 0
    # the retry of the whole is as good as the first try
    assert value(other, "select fleet.register_spawn('p', 't')") is not None
