"""Output files as they come: every kind of file is named as what it is, none stops the look at the others."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlctl.filereader import read_outputs
from sqlctl.outputfiles import TAIL_BYTES, OutputFile, Reading, read_output
from sqlctl.textclean import excerpt

PATTERN = "Error:|Failed:|Exception:|Traceback|fatal:"
NOW = 1_700_000_000.0


def look(path: Path | str, pattern: str | None = PATTERN, max_bytes: int | None = 1 << 30) -> Reading:
    return read_output(OutputFile(str(path), pattern, max_bytes), NOW)


def written(path: Path, data: bytes, mtime: float = NOW - 5) -> Path:
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def test_healthy_file(tmp_path: Path) -> None:
    reading = look(written(tmp_path / "out", b"step 1\nstep 2\n"))
    assert reading == Reading(datetime.fromtimestamp(NOW - 5, timezone.utc))


def test_empty_file(tmp_path: Path) -> None:
    assert look(written(tmp_path / "out", b"")) == Reading(datetime.fromtimestamp(NOW - 5, timezone.utc))


def test_modification_time_is_exact_to_the_microsecond(tmp_path: Path) -> None:
    path = written(tmp_path / "out", b"x\n")
    os.utime(path, ns=(0, 1_600_000_000_123_456_789))
    assert look(path).output_at == datetime(2020, 9, 13, 12, 26, 40, 123456, tzinfo=timezone.utc)


def test_the_last_matching_line_is_the_evidence(tmp_path: Path) -> None:
    data = b"Traceback (most recent call last):\n  File x\nValueError: no such colour\nbye\n"
    assert look(written(tmp_path / "out", data)).error_line == "ValueError: no such colour"


@pytest.mark.parametrize("after, found", [(49, True), (50, False)])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_only_the_last_50_lines_count(tmp_path: Path, after: int, found: bool, end: bytes) -> None:
    data = b"fatal: old\n" + b"\n".join([b"fine"] * after) + end
    assert (look(written(tmp_path / "out", data)).error_line == "fatal: old") is found


def test_never_more_than_the_last_64_kb(tmp_path: Path) -> None:
    line = b"x" * 4000 + b"\n"
    inside = b"fatal: near\n" + line * 16
    outside = b"fatal: far\n" + line * 17
    assert len(inside) < TAIL_BYTES < len(outside) - len(b"fatal: far\n")
    assert look(written(tmp_path / "inside", inside)).error_line == "fatal: near"
    assert look(written(tmp_path / "outside", outside)).error_line is None


def test_one_line_longer_than_the_tail(tmp_path: Path) -> None:
    reading = look(written(tmp_path / "out", b"y" * 100_000 + b"fatal: at the end" + b"z" * 30_000))
    assert reading.error_line is not None
    assert "fatal: at the end" in reading.error_line
    assert len(reading.error_line) <= 500
    assert reading.problem is None


def test_ten_gigabytes_are_read_at_their_end_only(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.seek(10 * 1024**3)
        file.write(b"\nfatal: disk\n" + b"fine\n" * 49)
    reading = read_output(OutputFile(str(path), PATTERN, 1 << 30), time.time())
    assert reading.problem == "oversized: 10.0 GB, more than 1.0 GB"
    assert reading.error_line == "fatal: disk"


def test_a_hole_at_the_end_is_binary_and_oversized(tmp_path: Path) -> None:
    path = tmp_path / "hole"
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)
    os.utime(path, (NOW, NOW))
    problem = look(path).problem
    assert problem == "binary: 65536 NUL bytes in the last lines; oversized: 10.0 GB, more than 1.0 GB"


def test_missing(tmp_path: Path) -> None:
    assert look(tmp_path / "nothing") == Reading(problem=f"missing: {tmp_path}/nothing")
    file = written(tmp_path / "file", b"")
    assert look(file / "below").problem == f"missing: a part of {file}/below is not a directory"
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert look(tmp_path / "link").problem == f"missing: {tmp_path}/link is a dangling link"


def test_a_link_is_followed(tmp_path: Path) -> None:
    written(tmp_path / "file", b"Failed: x\n")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert look(tmp_path / "link") == look(tmp_path / "file")


@pytest.mark.parametrize(
    "path", ["relative/path", "/" + "x" * 300, "/nul\0byte", "/surrogate\udcff\ud800"], ids=ascii
)
def test_impossible_paths_are_unreadable(path: str) -> None:
    reading = look(path)
    assert reading.problem and reading.problem.startswith("unreadable: ")


def test_a_loop_of_links_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert look(tmp_path / "a").problem == "unreadable: Too many levels of symbolic links"


def test_without_permission_is_unreadable(tmp_path: Path) -> None:
    path = written(tmp_path / "secret", b"fatal: x\n")
    path.chmod(0)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        if os.geteuid() == 0:
            for folder in [tmp_path, *tmp_path.parents][:3]:
                folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
            os.setuid(65534)
        os.write(writer, (look(path).problem or "").encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 1000) == b"unreadable: Permission denied"
    os.close(reader)
    os.close(writer)


def test_irregular_files_are_named_and_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    folder = os.open(tmp_path, os.O_RDONLY)
    listener.bind(f"/proc/self/fd/{folder}/socket")
    os.close(folder)
    listener.close()
    assert look(tmp_path).problem == "irregular: a directory"
    assert look(tmp_path / "pipe").problem == "irregular: a named pipe"
    assert look(tmp_path / "socket").problem == "irregular: a socket"
    assert look("/dev/zero").problem == "irregular: a character device"


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"\x7fELF" + bytes(200), "binary: 200 NUL bytes in the last lines"),
        (b"almost text\0\n", "binary: a NUL byte in the last lines"),
        (bytes(range(128, 256)) * 9, "binary: 100 % of the last lines is not UTF-8 text"),
        ("Grüße aus Zürich: fehlt\n".encode("latin-1") * 5, None),
        ("日本語のログ\n".encode() * 5, None),
        (b"\x1b[32mgreen\x1b[0m\r\n\tindented\x07\n", None),
    ],
    ids=["elf", "nul", "high bytes", "latin-1", "utf-8", "colours"],
)
def test_binary(tmp_path: Path, data: bytes, expected: str | None) -> None:
    assert look(written(tmp_path / "out", data)).problem == expected


def test_binary_does_not_hide_an_error(tmp_path: Path) -> None:
    reading = look(written(tmp_path / "out", "Error: lost\n".encode("utf-16")))
    assert reading.problem and reading.problem.startswith("binary: ")
    assert reading.error_line == "\ufffd\ufffdError: lost"


def test_a_character_cut_by_the_tail_is_no_problem(tmp_path: Path) -> None:
    reading = look(written(tmp_path / "out", "ü".encode() * TAIL_BYTES + b"x fatal: y"))
    assert reading.problem is None
    assert reading.error_line and reading.error_line.endswith("üx fatal: y")


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"Error: windows\r\n", "Error: windows"),
        (b"\x1b[1;31mError\x1b[0m: \x1b]0;title\x07colour", "Error: colour"),
        (b"Error: caf\xe9", "Error: caf\ufffd"),
        (b"10%\r20%\rError: progress", "10% 20% Error: progress"),
        (b"Error:\x07\x08 bell \x9b31m", "Error: bell \ufffd31m"),
        ("Error: \u202egnp.exe\u2069 \x9b2J".encode(), "Error: gnp.exe 2J"),
        (b"Error: tab\there", "Error: tab here"),
    ],
)
def test_evidence_is_printable(tmp_path: Path, line: bytes, expected: str) -> None:
    assert look(written(tmp_path / "out", line)).error_line == expected


def test_future_modification_time(tmp_path: Path) -> None:
    assert look(written(tmp_path / "near", b"x\n", NOW + 59)).problem is None
    reading = look(written(tmp_path / "far", b"Error: x\n", NOW + 3600))
    assert reading.output_at == datetime.fromtimestamp(NOW + 3600, timezone.utc)
    assert (
        reading.problem
        == "future_mtime: it says 2023-11-14T23:13:20+00:00, 3600 s ahead of this host's clock"
    )
    assert reading.error_line == "Error: x"


def test_modification_time_before_1970(tmp_path: Path) -> None:
    assert look(written(tmp_path / "old", b"x\n", -86400)).output_at == datetime(
        1969, 12, 31, tzinfo=timezone.utc
    )


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999999}", "(?P<x>a)(?P<x>b)", "[[:<:]]("])
def test_bad_pattern(tmp_path: Path, pattern: str) -> None:
    reading = look(written(tmp_path / "out", b"fatal: x\n"), pattern)
    assert reading.problem and reading.problem.startswith("bad_pattern: ")
    assert reading.output_at is not None


@pytest.mark.parametrize(
    "pattern", ["[[:digit:]]", "[^[:space:]]x", "fatal|[a[:alpha:]]", "[[.hyphen.]]", "[[=a=]]", "[[a]"]
)
def test_a_pattern_that_python_reads_otherwise_is_bad(tmp_path: Path, pattern: str) -> None:
    path = written(tmp_path / "out", b"fatal: 1 x\n")
    for _ in range(2):  # Python remembers compiled patterns, and warns once
        problem = look(path, pattern).problem
        assert problem and problem.startswith("bad_pattern: ")


@pytest.mark.parametrize("pattern", ["fatal[:=]", r"fatal: \d", "[]f]atal"])
def test_brackets_that_both_read_alike_are_fine(tmp_path: Path, pattern: str) -> None:
    assert look(written(tmp_path / "out", b"fatal: 1\n"), pattern).error_line == "fatal: 1"


def test_no_pattern_finds_nothing(tmp_path: Path) -> None:
    assert look(written(tmp_path / "out", b"fatal: x\n"), None).error_line is None


def test_many_files_in_order(tmp_path: Path) -> None:
    files = []
    for number in range(300):
        path = written(tmp_path / f"{number}", b"Error: %d\n" % number if number % 3 else b"fine\n")
        files.append(OutputFile(str(path if number % 5 else tmp_path / "gone"), PATTERN, None))
    now = time.time()
    assert read_outputs(files, seconds_each=5, seconds_all=10) == [read_output(file, now) for file in files]


def test_a_pattern_that_never_ends_stops_no_other(tmp_path: Path) -> None:
    slow = OutputFile(str(written(tmp_path / "slow", b"a" * 60 + b"!\n")), "(a+)+$", None)
    good = OutputFile(str(written(tmp_path / "good", b"Error: seen\n")), PATTERN, None)
    readings = read_outputs([slow, good, slow, good], seconds_each=1, seconds_all=60)
    assert [reading.error_line for reading in readings] == [None, "Error: seen", None, "Error: seen"]
    assert [reading.problem for reading in readings] == ["bad_pattern: no answer in time", None] * 2
    assert readings[0].output_at is not None


def test_the_whole_look_ends_in_time(tmp_path: Path) -> None:
    slow = OutputFile(str(written(tmp_path / "slow", b"a" * 60 + b"!\n")), "(a+)+$", None)
    readings = read_outputs([slow] * 20, seconds_each=0.3, seconds_all=0.5)
    assert readings[-1].problem == "unreadable: not looked at, the others took over 0.5 s"


def test_no_child_is_left(tmp_path: Path) -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    read_outputs([OutputFile(str(tmp_path), PATTERN, None)], seconds_each=1, seconds_all=1)
    assert children.read_text() == before


def test_a_file_that_vanishes_or_shrinks_while_looked_at(tmp_path: Path) -> None:
    """Another process replaces, removes and truncates the file: a reading comes out every time."""
    path = tmp_path / "restless"
    pid = os.fork()
    if pid == 0:
        while True:
            path.write_bytes(b"Error: x\n" * 9000)
            os.truncate(path, 10)
            path.unlink()
    try:
        seen = set()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and len(seen) < 2:
            reading = read_output(OutputFile(str(path), PATTERN, None), time.time())
            seen.add(reading.problem)
            assert reading.problem in (None, f"missing: {path}")
        assert len(seen) == 2
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def test_clean_is_linear() -> None:
    """These are cleaned at once; what looks again at every escape would need hours."""
    hostile = r"'\x1b]', '\x1b[', '\x1bP', '\x1b', '\r'"
    program = f"from sqlctl.textclean import clean\nfor text in {hostile}: clean(text * 1_000_000)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_excerpt_keeps_the_match_in_sight() -> None:
    text = "a" * 1000 + "MATCH" + "b" * 1000
    assert excerpt("short", 2, 100) == "short"
    cut = excerpt(text, 1000, 100)
    assert len(cut) == 100 and "MATCH" in cut and cut[0] == cut[-1] == "…"
    assert excerpt(text, 2000, 100).endswith("b")
