"""Which database is chosen, what is said about it, and that no password is ever shown."""

from __future__ import annotations

import click
import psycopg
import pytest
from conftest import Database
from sqlctl.dberrors import from_database_error
from sqlctl.errors import BusyError, ConnectError, RefusedError, SqlctlError
from sqlctl.target import Target, connect, named_target

EVERY = {
    "SQLCTL_DATABASE_URL": "postgresql://one.example/x",
    "DATABASE_URL": "postgresql://two.example/x",
    "PGHOST": "three.example",
}


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SQLCTL_DATABASE_URL", "DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("dsn", "variables", "origin", "where"),
    [
        ("host=zero.example", EVERY, "--dsn", "zero"),
        (None, EVERY, "SQLCTL_DATABASE_URL", "one"),
        (None, {name: EVERY[name] for name in ("DATABASE_URL", "PGHOST")}, "DATABASE_URL", "two"),
        (None, {**EVERY, "SQLCTL_DATABASE_URL": ""}, "DATABASE_URL", "two"),
        (None, {"PGHOST": "three.example"}, "PG* variables (PGHOST=three.example)", "three"),
        (None, {"PGSERVICE": "four"}, "PG* variables (PGSERVICE=four)", "four"),
    ],
)
def test_the_nearest_choice_wins_and_is_named(
    monkeypatch: pytest.MonkeyPatch, dsn: str | None, variables: dict[str, str], origin: str, where: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    target = named_target(dsn)
    assert target is not None
    assert target.origin == origin
    assert not target.embedded
    assert where in target.describe()


def test_nothing_named_means_embedded() -> None:
    assert named_target(None) is None


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "   ",
        "fleet",
        "mysql://u:s3cr3t@h/d",
        "postgresql+asyncpg://u:s3cr3t@h/d",
        "postgresql://u:s3%zzcr3t@h/d",
        "postgresql://u:x@s3cr3t@h/d",
        "postgresql://u:s3cr3t/x@h/d",
        "postgresql://u:s3cr3t@h:54x/d",
        "host=h password=my s3cr3t",
        "host=h password=my s3cr3t=1",
        "host=h password='s3cr3t",
        "host=h nonsense=1",
    ],
)
def test_a_malformed_address_is_a_usage_error_that_shows_no_password(dsn: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        target = named_target(dsn)
        assert target is not None
        connect(target)
    assert caught.value.exit_code == 2
    assert "--dsn" in caught.value.format_message()
    assert "s3cr3t" not in caught.value.format_message()


def test_an_unknown_parameter_is_named_where_no_password_is_given() -> None:
    with pytest.raises(click.UsageError, match="nonsense"):
        connect(Target("host=h nonsense=1", "--dsn"))


@pytest.mark.parametrize(
    "conninfo",
    [
        "postgresql://u:s3cr3t@127.0.0.1:1/d?sslpassword=s3cr3t",
        "host=127.0.0.1 port=1 user=u password='s3cr3t' dbname=d",
        "host=127.0.0.1 port=1 password = s3cr3t user='u' dbname=d",
        r"host=127.0.0.1 port=1 password='x\' host=s3cr3t' user=u dbname=d",
    ],
)
def test_the_description_holds_no_password(conninfo: str) -> None:
    target = Target(conninfo, "--dsn")
    assert "s3cr3t" not in target.describe()
    assert "127.0.0.1" in target.describe()
    with pytest.raises(ConnectError) as caught:
        connect(target)
    assert caught.value.exit_code == 3
    assert "s3cr3t" not in caught.value.format_message()
    assert caught.value.hint


def test_a_missing_database_is_not_created(empty_db: Database) -> None:
    conninfo = empty_db.conninfo.replace(empty_db.name, "no_such_database")
    for _ in range(2):
        with pytest.raises(ConnectError, match="no_such_database") as caught:
            connect(Target(conninfo, "--dsn"))
        assert "never creates" in str(caught.value.hint)


def test_connect_is_named_and_waits_no_longer_than_asked(empty_db: Database) -> None:
    with connect(Target(empty_db.conninfo, "--dsn")) as connection:
        assert connection.autocommit
        assert connection.execute("show application_name").fetchone() == ("sqlctl",)
    with connect(Target(empty_db.conninfo + " application_name=mine", "--dsn")) as connection:
        assert connection.execute("show application_name").fetchone() == ("mine",)


def test_read_only_transactions_refuse_writes_and_leave_nothing_on_the_session(empty_db: Database) -> None:
    with connect(Target(empty_db.conninfo, "--dsn"), read_only=True) as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
            connection.execute("create table t ()")
        assert connection.execute("show default_transaction_read_only").fetchone() == ("off",)


@pytest.mark.parametrize(
    ("sqlstate", "kind", "exit_code"),
    [
        ("MF001", SqlctlError, 1),
        ("55P03", BusyError, 75),
        ("40P01", BusyError, 75),
        ("42501", RefusedError, 5),
        ("25006", RefusedError, 5),
        ("57P01", ConnectError, 3),
    ],
)
def test_a_database_error_keeps_its_facts_and_finds_its_exit_code(
    empty_db: Database, sqlstate: str, kind: type[SqlctlError], exit_code: int
) -> None:
    raising = f"""do $$ begin
        raise exception 'what' using errcode = '{sqlstate}', detail = 'the value', hint = 'the cure';
    end $$"""
    with psycopg.connect(empty_db.conninfo) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(raising)
    error = from_database_error(caught.value, where="a.sql:3")
    assert type(error) is kind
    assert error.exit_code == exit_code
    facts = (error.message, error.sqlstate, error.detail, error.hint, error.where)
    assert facts == ("what", sqlstate, "the value", "the cure", "a.sql:3")


def test_a_missing_schema_names_the_next_command(empty_db: Database) -> None:
    with psycopg.connect(empty_db.conninfo) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("select fleet.get_nothing()")
    assert from_database_error(caught.value).next_command == "sqlctl migrate"


def test_a_lost_connection_is_a_connect_error(empty_db: Database) -> None:
    with psycopg.connect(empty_db.conninfo, autocommit=True) as other:
        connection = psycopg.connect(empty_db.conninfo, autocommit=True)
        other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("select 1")
    assert isinstance(from_database_error(caught.value), ConnectError)


def test_a_database_without_parameters_is_named_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/nowhere")
    target = named_target(None)
    assert target is not None
    with pytest.raises(ConnectError) as failure:
        connect(target)
    words = "cannot connect to the database from PG* variables (PGHOST=/nowhere)"
    assert failure.value.message == words
