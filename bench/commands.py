"""make bench: what the command and the hot functions cost, each beside a baseline in the same run.

Medians of nine. A command is compared with a Python that imports what every command needs (click) and, where it
connects, with `select 1` through the driver; a function with `select 1` on the same connection. Absolute times
belong to the machine; the ratios travel.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "harness"))

from database import server_environment

RUNS = 9
SQLCTL = [sys.executable, "-m", "sqlctl"]
COMMANDS: dict[str, list[str]] = {
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "sqlctl --help": [*SQLCTL, "--help"],
    "python: connect, select 1": [
        sys.executable,
        "-c",
        "import psycopg; psycopg.connect('').execute('select 1')",
    ],
    "sqlctl migrate (nothing to do)": [*SQLCTL, "migrate"],
    "sqlctl check (50 spawns)": [*SQLCTL, "check"],
    "sqlctl call --list": [*SQLCTL, "call", "--list"],
}
BATCH = 100
QUERIES = {
    "select 1": "select 1",
    "touch_session": "select fleet.touch_session('p1')",
    "register_spawn": "select fleet.register_spawn('p1', 'b' || nextval('pg_temp.n'))",
    "record_spawn_output": "select fleet.record_spawn_output('p1', 'open1', clock_timestamp())",
    f"record_spawn_outputs ({BATCH})": (
        "select count(*) from fleet.record_spawn_outputs(array_fill('p1'::text, array[100]), "
        "(select array_agg('open' || n) from generate_series(1, 100) as n), array_fill(clock_timestamp(), array[100]))"
    ),
    "record_health_check": "select fleet.record_health_check('p1', 'spawn', 'ok', p_at => clock_timestamp())",
    "get_stalled_spawns('p1')": "select count(*) from fleet.get_stalled_spawns('p1')",
    "run_checks": "select count(*) from fleet.run_checks()",
}
FLEET = """
    insert into fleet.active_spawns (project, task_id, spawn_time)
    select 'p' || n % 10, 'open' || n, now() - interval '5 minutes' from generate_series(1, 50) as n;
    insert into fleet.active_spawns (project, task_id, spawn_time)
    select 'p1', 'open' || n, now() - interval '5 minutes' from generate_series(1, 100) as n
    on conflict do nothing;
    insert into fleet.active_spawns (project, task_id, spawn_time, status, completed_at)
    select 'p' || n % 10, 'ended' || n, now() - interval '2 hours', 'completed', now() - interval '1 hour'
    from generate_series(1, 20000) as n;
    select fleet.start_session('p1');
    create temporary sequence n;
"""


def median_ms(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def report(title: str, rows: Mapping[str, float], baselines: Mapping[str, str]) -> None:
    print(f"\n{title:<34}  median ms   ratio  to")
    for name, value in rows.items():
        base = baselines.get(name)
        ratio = f"{value / rows[base]:7.1f}  {base}" if base else "       -"
        print(f"{name:<34}  {value:9.2f} {ratio}")


def command_times(environment: Mapping[str, str]) -> dict[str, float]:
    def run(arguments: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(arguments, env=environment, check=True, capture_output=True)

    return {name: median_ms(run(arguments)) for name, arguments in COMMANDS.items()}


def query_times(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, float]:
    def run(query: str) -> Callable[[], object]:
        return lambda: connection.execute(query, prepare=True).fetchall()

    times = {}
    for name, query in QUERIES.items():
        for _ in range(10):  # let the plan cache settle
            run(query)()
        times[name] = median_ms(run(query))
    return times


def main() -> None:
    chosen = ("PG", "SQLCTL_", "DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(chosen)}
    with server_environment() as variables:
        environment |= {**variables, "PGDATABASE": "postgres"}
        subprocess.run([*SQLCTL, "migrate"], env=environment, check=True, capture_output=True)
        conninfo = " ".join(
            f"{key}='{variables[name]}'"
            for key, name in (("host", "PGHOST"), ("port", "PGPORT"), ("user", "PGUSER"))
        )
        with psycopg.connect(f"{conninfo} dbname=postgres", autocommit=True) as connection:
            connection.execute(FLEET)
            connection.execute("vacuum analyze fleet.active_spawns")
            queries = query_times(connection)
        commands = command_times(environment)
    report("command, from cold", commands, commands_baselines())
    report("call, one connection", queries, {name: "select 1" for name in QUERIES if name != "select 1"})


def commands_baselines() -> dict[str, str]:
    python, driver = "python -c 'import click'", "python: connect, select 1"
    return {
        name: python if name == "sqlctl --help" else driver
        for name in COMMANDS
        if name not in (python, driver)
    }


if __name__ == "__main__":
    main()
