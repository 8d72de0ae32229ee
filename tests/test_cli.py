"""The command as a whole: help, start time, usage errors, unreachable databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Database, RunSqlctl, clean_environment
from psycopg.conninfo import conninfo_to_dict
from sqlctl.cli import COMMANDS

DEAD = "postgresql://ops:s3cr3t-pw@127.0.0.1:1/fleet"
# name -> arguments that make it need the database
NEED_DATABASE = {
    "migrate": [],
    "status": [],
    "down": ["--yes"],
    "drift": [],
    "call": ["get_stalled_spawns"],
    "spawn": ["--project", "p", "--", "true"],
}


def test_help_loads_no_driver() -> None:
    code = "import sys, sqlctl.cli; sys.exit(any(m.split('.')[0] == 'psycopg' for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"sqlctl {command}" in done.stdout.split("Example", 1)[1]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("psql", "spawn")])
def test_an_unknown_option_is_a_usage_error(command: str, run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl(command, "--no-such-option")
    assert done.returncode == (3 if command == "check" else 2), done.stderr
    assert "--no-such-option" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_a_usage_error(run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl("migrat")
    assert done.returncode == 2
    assert "migrat" in done.stderr


@pytest.mark.parametrize("command", NEED_DATABASE)
def test_a_dead_database_is_exit_3_without_traceback_or_password(command: str, run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl(command, "--dsn", DEAD, *NEED_DATABASE[command])
    assert done.returncode == 3, done.stderr
    assert "127.0.0.1" in done.stderr
    assert "Connection refused" in done.stderr
    for shown in (done.stdout, done.stderr):
        assert "Traceback" not in shown
        assert "s3cr3t" not in shown


def test_a_dead_database_is_critical_for_check(run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl("check", "--dsn", DEAD)
    assert done.returncode == 2, done.stderr
    assert "CRITICAL" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr


def test_an_empty_dsn_is_refused_and_not_replaced_by_the_embedded_server(
    run_sqlctl: RunSqlctl, short_folder: Path
) -> None:
    home = short_folder / "home"
    done = run_sqlctl("psql", "--dsn", "", "-c", "select 1", env={"SQLCTL_HOME": str(home)})
    assert done.returncode == 2
    assert "--dsn" in done.stderr
    assert not home.exists()


def test_version_tells_every_version(run_sqlctl: RunSqlctl, empty_db: Database) -> None:
    done = run_sqlctl("version", env=empty_db.environment)
    assert done.returncode == 0
    for name in ("sqlctl:", "psycopg:", "libpq:", "server:", "schema:"):
        assert name in done.stdout
    assert "not installed" in done.stdout


def test_version_of_a_migrated_database(run_sqlctl: RunSqlctl, db: Database) -> None:
    migrations = Path(__file__).parent.parent / "sql" / "migrations"
    newest = max(path.name.split("_")[0] for path in migrations.glob("*.sql"))
    assert newest in run_sqlctl("version", env=db.environment).stdout


def test_version_without_a_reachable_database_says_so(run_sqlctl: RunSqlctl) -> None:
    done = run_sqlctl("version", "--dsn", DEAD)
    assert done.returncode == 0
    assert "unreachable" in done.stdout
    assert "Connection refused" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr


def test_version_creates_no_embedded_server(run_sqlctl: RunSqlctl, short_folder: Path) -> None:
    home = short_folder / "home"
    done = run_sqlctl("version", env={"SQLCTL_HOME": str(home)})
    assert done.returncode == 0
    assert "not created yet" in done.stdout
    assert not home.exists()


def test_psql_has_the_search_path_and_passes_arguments_and_exit_code(
    run_sqlctl: RunSqlctl, empty_db: Database
) -> None:
    done = run_sqlctl("psql", "-XAt", "-c", "show search_path", env=empty_db.environment)
    assert (done.returncode, done.stdout.strip()) == (0, "fleet,public"), done.stderr
    failed = run_sqlctl(
        "psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "-", env=empty_db.environment, input="oops;"
    )
    assert failed.returncode == 3
    assert "syntax error" in failed.stderr


def test_psql_keeps_the_options_that_were_given(run_sqlctl: RunSqlctl, empty_db: Database) -> None:
    ask = ("-XAt", "-c", "show statement_timeout", "-c", "show search_path")
    inherited = run_sqlctl("psql", *ask, env={**empty_db.environment, "PGOPTIONS": "-c statement_timeout=7s"})
    assert inherited.stdout.split() == ["7s", "fleet,public"]
    dsn = f"{empty_db.conninfo} options='-c statement_timeout=8s'"
    assert run_sqlctl("psql", "--dsn", dsn, *ask).stdout.split() == ["8s", "fleet,public"]


def test_psql_keeps_the_password_off_the_command_line(run_sqlctl: RunSqlctl, short_folder: Path) -> None:
    fake = short_folder / "psql"
    fake.write_text('#!/bin/sh\necho "arguments: $*"\necho "password: $PGPASSWORD"\necho "host: $PGHOST"\n')
    fake.chmod(0o755)
    path = f"{short_folder}:{clean_environment()['PATH']}"
    done = run_sqlctl("psql", "--dsn", "postgresql://u:p%40ss@db.example/x", env={"PATH": path})
    assert done.stdout.splitlines() == ["arguments: ", "password: p@ss", "host: db.example"]


def test_psql_can_be_sent_to_another_database_of_the_same_server(
    run_sqlctl: RunSqlctl, empty_db: Database
) -> None:
    ask = ("-XAt", "-d", "postgres", "-c", "select current_database(), inet_server_addr() is null")
    done = run_sqlctl("psql", "--dsn", empty_db.conninfo, *ask)
    assert done.stdout.strip().startswith("postgres|"), done.stderr


def test_psql_and_a_service_whose_parameters_the_dsn_overrides(
    run_sqlctl: RunSqlctl, empty_db: Database, short_folder: Path
) -> None:
    services = short_folder / "services"
    parameters = conninfo_to_dict(empty_db.conninfo)
    lines = [f"{name}={value}" for name, value in {**parameters, "dbname": "not_this_one"}.items()]
    services.write_text("[fleet]\n" + "\n".join(lines) + "\n")
    env = {"PGSERVICEFILE": str(services)}
    ask = ("-XAt", "-c", "select current_database()")
    done = run_sqlctl("psql", "--dsn", f"service=fleet dbname={empty_db.name}", *ask, env=env)
    assert done.stdout.strip() == empty_db.name, done.stderr
    env["PGSERVICE"] = "fleet"
    done = run_sqlctl("psql", "--dsn", f"dbname={empty_db.name}", *ask, env=env)
    assert done.stdout.strip() == empty_db.name, done.stderr
    assert "not_this_one" in run_sqlctl("psql", *ask, env=env).stderr


def test_psql_comes_with_the_server_programs_when_path_has_none(
    run_sqlctl: RunSqlctl, empty_db: Database, short_folder: Path
) -> None:
    done = run_sqlctl(
        "psql", "-XAt", "-c", "select 1", env={**empty_db.environment, "PATH": str(short_folder)}
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
