"""sqlctl call: options come from the catalog, values go to SQL as they are given, nothing else is sent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from conftest import Connect, Database, RunSqlctl, TestServer
from sqlctl.catalog import list_routines
from sqlctl.commands.call import routine_command


@pytest.fixture(scope="module")
def kinds(server: TestServer, new_name: Callable[[], str], template: str) -> Database:
    """A database with a function and a procedure of every shape, which no Python has heard of."""
    database = server.create(new_name(), template=template)
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(KINDS)
    return database


KINDS = """
create function fleet.get_kinds(
  p_text         text,
  p_number       integer       default 7,
  p_amount       numeric       default null,
  p_flag         boolean       default false,
  p_names        text[]        default '{}',
  p_times        timestamptz[] default null,
  p_document     jsonb         default '{"it''s": 1}',
  p_within       interval      default '1 hour',
  p_at           timestamptz   default now()
)
returns table (
  t text, n integer, a numeric, f boolean, names text[], times timestamptz[], d jsonb, w interval)
language sql as
  'select p_text, p_number, p_amount, p_flag, p_names, p_times, p_document, p_within';
comment on function fleet.get_kinds(text, integer, numeric, boolean, text[], timestamptz[], jsonb,
  interval, timestamptz) is 'Say what arrived. It is only for tests.

p_text: anything.';
create function fleet.get_scalar(p_x integer) returns integer language sql return p_x * 2;
create function fleet.list_scalars() returns setof text language sql as
  'values (''a''), (e''b\\x1b[2J''), (null)';
create function fleet.get_row(out p_one integer, out two text) language sql as 'select 1, ''zwei''';
create function fleet.get_void(p_json text default null) returns void language plpgsql as
  $$begin raise notice 'heard %', p_json; end$$;
create function fleet.get_sum(variadic p_numbers integer[]) returns bigint language sql as
  'select sum(x) from unnest(p_numbers) as x';
create function fleet.tg_kinds__test() returns trigger language plpgsql as 'begin return new; end';
create table fleet.kinds_log (n integer);
create procedure fleet.run_kinds(p_steps integer default 1, inout p_done integer default 0)
language plpgsql as $$
begin
  for i in 1..p_steps loop
    insert into fleet.kinds_log values (i);
    commit;
    p_done := i;
  end loop;
end$$;
"""


@pytest.fixture
def call(kinds: Database, run_sqlctl: RunSqlctl) -> Any:
    def run(*arguments: str, code: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        done = run_sqlctl("call", *arguments, env=kinds.environment, **options)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def test_only_given_options_are_passed(call: Any) -> None:
    rows = json.loads(call("get_kinds", "--text", "x", "--json").stdout)
    assert rows == [
        {"t": "x", "n": 7, "a": None, "f": False, "names": [], "times": None, "d": {"it's": 1}, "w": 3600}
    ]


def test_every_type_arrives(call: Any) -> None:
    done = call(
        "--json", "get-kinds", "--text", "; drop table x; -- $HOME %s", "--number", "-5", "--amount", "1.10",
        "--flag", "--names", "a,b", "--names", "{c}", "--names", "--json", "--times", "2026-01-01T00:00:00Z",
        "--document", '{"k": [1, "%"]}', "--within", "2 minutes",
    )  # fmt: skip
    assert json.loads(done.stdout) == [
        {
            "t": "; drop table x; -- $HOME %s",
            "n": -5,
            "a": 1.1,
            "f": True,
            "names": ["a,b", "{c}", "--json"],
            "times": ["2026-01-01T00:00:00+00:00"],
            "d": {"k": [1, "%"]},
            "w": 120,
        }
    ]


def test_flag_takes_a_value_too(call: Any) -> None:
    assert json.loads(call("get_kinds", "--text", "", "--flag", "off", "--json").stdout)[0]["f"] is False
    call("get_kinds", "--text", "", "--flag", "perhaps", code=1)


def test_underscores_and_schema_name_are_accepted(call: Any) -> None:
    assert call("fleet.get-scalar", "--x", "21").stdout == "42\n"
    assert "x" in call("get_kinds", "--text", "x", "--within=1 day").stdout


def test_an_array_literal_can_hold_null(call: Any) -> None:
    done = call("get_kinds", "--text", "x", "--names", '{a,NULL,"b c"}', "--json")
    assert json.loads(done.stdout)[0]["names"] == ["a", None, "b c"]


def test_shapes_of_results(call: Any) -> None:
    assert call("get_scalar", "--x", "2").stdout == "4\n"
    assert call("get_scalar", "--x", "2", "--json").stdout == "4\n"
    assert call("list_scalars").stdout == "a\nb\\x1b[2J\n\n"
    assert json.loads(call("list_scalars", "--json").stdout) == ["a", "b\x1b[2J", None]
    assert json.loads(call("get_row", "--json").stdout) == {"p_one": 1, "two": "zwei"}
    assert call("get_row").stdout.split() == ["p_one", "two", "1", "zwei"]
    assert call("get_sum", "--numbers", "1", "--numbers", "2").stdout == "3\n"


def test_void_prints_nothing(call: Any) -> None:
    done = call("get_void")
    assert done.stdout == ""
    assert "NOTICE: heard <NULL>" in done.stderr
    assert call("get_void", "--json").stdout == "null\n"


def test_an_argument_named_like_an_option_of_ours(call: Any) -> None:
    assert "heard me" in call("get_void", "--p-json", "me").stderr


def test_a_procedure_commits_as_it_goes(call: Any, kinds: Database, connect: Connect) -> None:
    assert json.loads(call("run_kinds", "--steps", "3", "--json").stdout) == {"p_done": 3}
    assert connect(kinds).execute("select count(*) from fleet.kinds_log").fetchone() == (3,)


def test_trigger_functions_are_not_offered(call: Any) -> None:
    assert "tg_kinds" not in call("--list").stdout
    assert "there is no function fleet.tg_kinds__test" in call("tg_kinds__test", code=2).stderr


def test_list(db: Database, run_sqlctl: RunSqlctl, connect: Connect) -> None:
    lines = run_sqlctl("call", "--list", env=db.environment).stdout.splitlines()
    known = connect().execute(
        "select distinct proname from pg_proc where pronamespace = 'fleet'::regnamespace"
        " and prorettype <> 'trigger'::regtype and prokind in ('f', 'p') order by proname"
    )
    assert [line.split()[0] for line in lines[1:]] == [name for (name,) in known]
    assert all(len(line.split()) > 3 and line.endswith(".") for line in lines[1:])


def test_list_as_json(call: Any) -> None:
    listed = {routine["name"]: routine for routine in json.loads(call("--list", "--json").stdout)}
    assert listed["run_kinds"]["kind"] == "procedure"
    assert listed["get_kinds"]["comment"].startswith("Say what arrived.")
    assert listed["get_kinds"]["arguments"][:2] == [
        {"name": "p_text", "type": "text", "default": None},
        {"name": "p_number", "type": "integer", "default": "7"},
    ]


def test_help_comes_from_the_catalog(call: Any) -> None:
    done = call("get_kinds", "--help")
    assert done.stderr == ""
    words = " ".join(done.stdout.split())
    for expected in (
        "Say what arrived. It is only for tests.",
        "--text TEXT [required]",
        "--number INTEGER default: 7",
        '--document JSONB @FILE and - (stdin) are read; default: {"it\'s": 1}',
        "--within INTERVAL default: 01:00:00",
        "--at TIMESTAMPTZ default: now()",
    ):
        assert expected in words


def test_every_function_shows_its_help(connect: Connect) -> None:
    connection = connect()
    routines = list_routines(connection)
    assert len(routines) > 20
    for routine in routines:
        command = routine_command(connection, routine, as_json=False)
        words = command.get_help(click.Context(command, info_name=routine.name))
        assert routine.summary in " ".join(words.split())
        assert len(command.params) == len(routine.arguments) + 2


def test_json_from_file_and_stdin(call: Any, tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text('{"from": "fïle"}', encoding="utf-8")
    done = call("get_kinds", "--text", "x", "--document", f"@{path}", "--json")
    assert json.loads(done.stdout)[0]["d"] == {"from": "fïle"}
    done = call("get_kinds", "--text", "x", "--document", "-", "--json", input='{"from": "stdin"}')
    assert json.loads(done.stdout)[0]["d"] == {"from": "stdin"}


@pytest.mark.parametrize(
    "value, message",
    [
        ("{", "no JSON: Expecting property name"),
        ("", "no JSON: Expecting value at line 1, column 1"),
        ('{"a": NaN}', "no JSON: NaN"),
        ("@/no/such/file", "No such file"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_bad_json_is_refused_before_the_call(call: Any, value: str, message: str) -> None:
    assert message in call("get_kinds", "--text", "x", "--document", value, code=2).stderr


def test_unknown_function_names_the_near_ones(call: Any) -> None:
    done = call("get_staled_spawn", code=2)
    assert "there is no function fleet.get_staled_spawn; did you mean get_stalled_spawns" in done.stderr


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        ([], 2, "give the NAME of a function, or --list"),
        (["--list", "get_scalar"], 2, "--list takes no NAME"),
        (["get_scalar"], 2, "Missing option '--x'"),
        (["get_scalar", "--x"], 2, "requires an argument"),
        (["get_scalar", "--y", "1"], 2, "No such option"),
        (["get_scalar", "--x", "1", "stray"], 2, "unexpected extra argument"),
        (["get_scalar", "--x", "eleven"], 1, "sqlstate: 22P02"),
        (["get_scalar", "--x", "eleven"], 1, "sqlctl call get_scalar --help"),
        (["get_scalar", "--x", "99999999999"], 1, "sqlstate: 22003"),
        (["get_kinds", "--text", "x", "--within", "soon"], 1, "sqlstate: 22007"),
        (["get_kinds", "--text", "x", "--names", "{a"], 0, ""),
        (["get_scalar; drop schema fleet", "--x", "1"], 2, "there is no function"),
        (["", "--x", "1"], 2, "there is no function"),
        (["register_spawn", "--project", "", "--task-id", "t"], 1, "sqlstate: MF003"),
        (["complete_spawn", "--project", "nobody", "--task-id", "t"], 1, "sqlstate: MF00"),
    ],
)
def test_wrong_input(call: Any, arguments: list[str], code: int, message: str) -> None:
    assert message in call(*arguments, code=code).stderr


def test_an_error_of_the_schema_keeps_detail_and_hint(call: Any) -> None:
    stderr = call("run_check", "--check-type", "nonsense", code=1).stderr
    for part in ("sqlctl: error: ", "sqlstate: MF004", "hint:"):
        assert part in stderr


def test_without_the_schema(empty_db: Database, run_sqlctl: RunSqlctl) -> None:
    for arguments in (["--list"], ["get_stalled_spawns"]):
        done = run_sqlctl("call", *arguments, env=empty_db.environment)
        assert done.returncode == 1
        assert "sqlctl migrate" in done.stderr


def test_dsn_behind_the_name(db: Database, run_sqlctl: RunSqlctl) -> None:
    for arguments in (["--dsn", db.conninfo], [f"--dsn={db.conninfo}"]):
        done = run_sqlctl("call", "get_stalled_spawns", *arguments, "--json")
        assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_a_reader_may_call_readers_only(db: Database, connect: Connect, run_sqlctl: RunSqlctl) -> None:
    role = f"c_reader_{db.name}"
    connection = connect()
    connection.execute(f"create role {role} login in role fleet_reader")
    try:
        environment = {**db.environment, "PGUSER": role}
        assert run_sqlctl("call", "get_stalled_spawns", env=environment).returncode == 0
        done = run_sqlctl("call", "run_checks", env=environment)
        assert done.returncode == 5
        assert "sqlstate: 42501" in done.stderr
    finally:
        connection.execute(f"drop role {role}")


def test_quiet_prints_nothing_but_errors(db: Database, run_sqlctl: RunSqlctl) -> None:
    """What cron runs must not make it mail."""
    done = run_sqlctl("call", "-q", "ensure-partitions", env=db.environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    failed = run_sqlctl("call", "-q", "get-stalled-spawns", "--project", "nope", env=db.environment)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "MF001" in failed.stderr
