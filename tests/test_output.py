"""Tables and JSON: they fit, they align, they hide nothing from a pipe and send nothing odd to a terminal."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import uuid
from decimal import Decimal
from typing import Any

import pytest
from conftest import clean_environment
from sqlctl.output import cell_text, print_json, print_table, to_jsonable

UTC = datetime.timezone.utc
ROWS = [
    {
        "project": "consilio",
        "task_id": "t-1",
        "minutes": Decimal("17.5"),
        "evidence": "Traceback " + "x" * 200,
    },
    {"project": "odin", "task_id": "t-200", "minutes": None, "evidence": None},
]
SCRIPT = f"""
import datetime
from decimal import Decimal
from sqlctl.output import paint, print_table
print_table({ROWS!r})
print(paint("critical", "red"))
"""


def on_terminal(code: str, *, columns: int, **variables: str) -> list[str]:
    """What the code prints on a terminal that wide."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**clean_environment(), "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **variables}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=follower, env=environment)
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:  # Linux: the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait(timeout=30) == 0
    return shown.decode().replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    lines = on_terminal(SCRIPT, columns=columns, NO_COLOR="1")
    assert max(len(line) for line in lines) <= max(columns, 22)
    assert any("…" in line for line in lines)


def test_a_wide_terminal_shows_everything() -> None:
    assert any("x" * 200 in line for line in on_terminal(SCRIPT, columns=400, NO_COLOR="1"))


def test_a_pipe_gets_everything_and_no_colour() -> None:
    environment = {**os.environ, "COLUMNS": "40"}  # some shells export it
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True
    )
    assert "x" * 200 in done.stdout
    assert "\x1b" not in done.stdout


def test_colour_only_where_wanted() -> None:
    assert any("\x1b[31m" in line for line in on_terminal(SCRIPT, columns=80))
    for off in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert not any("\x1b" in line for line in on_terminal(SCRIPT, columns=80, **off))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_utf8_gets_no_character_it_cannot_show(encoding: str) -> None:
    code = "from sqlctl.output import print_table, print_json; r = [{'a': 'käse → 日本'}]; print_table(r); print_json(r)"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert json.loads(text[text.index("[") :]) == [{"a": "käse → 日本"}]


def test_columns_are_aligned_and_numbers_stand_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"name": "日本", "n": 5}, {"name": "ab", "n": 1234}], ["n", "name"])
    assert capsys.readouterr().out == "   n  name\n   5  日本\n1234  ab\n"


def test_no_rows_still_name_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([], ["project", "task_id"])
    print_table([])
    assert capsys.readouterr().out == "project  task_id\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        ("two\nlines\tand \x1b[31mcolour\x07", "two\\nlines\\tand \\x1b[31mcolour\\x07"),
        ("right-to-left \u202e override", "right-to-left \\u202e override"),
        (datetime.datetime(2026, 1, 22, 19, 2, 53, 999, tzinfo=UTC), "2026-01-22 19:02:53+00:00"),
        (datetime.timedelta(seconds=2.5), "2.5s"),
        (datetime.timedelta(minutes=15), "00:15:00"),
        (datetime.timedelta(days=2, seconds=-1), "1d 23:59:59"),
        (-datetime.timedelta(hours=1), "-01:00:00"),
        ({"a": Decimal("1.50")}, '{"a": 1.5}'),
    ],
)
def test_a_cell_is_one_printable_line(value: Any, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.50"), 12.5),
        (Decimal("12"), 12),
        (Decimal("12345678901234567890"), 12345678901234567890),
        (Decimal("NaN"), "NaN"),
        (float("inf"), "inf"),
        (datetime.timedelta(minutes=1.5), 90.0),
        (datetime.datetime(2026, 1, 22, tzinfo=UTC), "2026-01-22T00:00:00+00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "\\x00ff"),
        ({"a": [None, True, {"b": Decimal(1)}]}, {"a": [None, True, {"b": 1}]}),
    ],
)
def test_json_values(value: Any, expected: Any) -> None:
    assert to_jsonable(value) == expected


def test_json_keeps_the_order_of_keys(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"z": 1, "a": 2})
    assert capsys.readouterr().out == '{\n  "z": 1,\n  "a": 2\n}\n'
