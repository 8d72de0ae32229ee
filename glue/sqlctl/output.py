"""Data on stdout, messages on stderr: tables that fit, JSON with stable keys, colour only where wanted."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TextIO

import click

MIN_COLUMN = 4


def note(message: str) -> None:
    """A message for a person, on stderr; if nobody can get it, the work goes on."""
    with contextlib.suppress(OSError):
        click.echo(message, err=True)


def wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """The text in a colour (click's names), or as it is: NO_COLOR is set, or the stream is no terminal."""
    return click.style(text, fg=colour) if wants_colour(stream or sys.stdout) else text


def print_json(value: Any) -> None:
    """One JSON document. Instants ISO 8601, Decimal a number, intervals in seconds, anything else text."""
    text = json.dumps(to_jsonable(value), indent=2, ensure_ascii=False, allow_nan=False)
    if _encodable(text) != text:  # JSON has its own way to write any character
        text = json.dumps(to_jsonable(value), indent=2, allow_nan=False)
    click.echo(text)


def to_jsonable(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_jsonable(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    return str(value)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
    """Aligned columns. On a terminal no line is wider than it; a pipe gets everything whole."""
    names = list(columns) if columns is not None else list(rows[0] if rows else [])
    if not names:
        return
    numeric = [any(_is_number(row.get(name)) for row in rows) for name in names]
    cells = [[cell_text(row.get(name)) for name in names] for row in rows]
    widths = [max(_width(text) for text in column) for column in zip(names, *cells, strict=True)]
    limit = _terminal_width()
    if limit is not None:
        widths = _fit(widths, limit - 2 * (len(widths) - 1))
    cut_mark = "…" if _is_utf8(sys.stdout) else "~"
    for number, line in enumerate([names, *cells]):
        texts = [
            _pad(_cut(text, width, cut_mark), width, right)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        text = "  ".join(texts).rstrip()
        click.echo(
            _encodable(click.style(text, bold=True) if number == 0 and wants_colour(sys.stdout) else text)
        )


def print_pairs(pairs: Iterable[tuple[str, Any]]) -> None:
    """Name and value, a line each."""
    known = [(name, cell_text(value)) for name, value in pairs]
    width = max((_width(name) for name, _ in known), default=0)
    for name, text in known:
        click.echo(_encodable(f"{_pad(name + ':', width + 1, False)}  {text}".rstrip()))


def cell_text(value: Any) -> str:
    """One line of text; control characters (an agent may write any) are shown, not sent to the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, Mapping | list | tuple):
        value = json.dumps(to_jsonable(value), ensure_ascii=False)
    return "".join(_visible(character) for character in str(value))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character) or ascii(character)[1:-1]


def _duration(value: datetime.timedelta) -> str:
    """Seconds as 1d 02:03:04; fractions only below a minute."""
    seconds = value.total_seconds()
    sign = "-" if seconds < 0 else ""
    seconds = abs(seconds)
    if seconds < 60:
        return f"{sign}{seconds:.3g}s"
    days, rest = divmod(int(seconds), 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{sign}{days}d {clock}" if days else f"{sign}{clock}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _terminal_width() -> int | None:
    if not sys.stdout.isatty():
        return None
    return max(20, shutil.get_terminal_size().columns)


def _fit(widths: list[int], space: int) -> list[int]:
    """Shorten the widest columns, widest first, until all fit or none can give more."""
    fitted = list(widths)
    while sum(fitted) > space and max(fitted) > MIN_COLUMN:
        widest = fitted.index(max(fitted))
        next_widest = max([width for width in fitted if width < fitted[widest]], default=MIN_COLUMN)
        give = min(fitted[widest] - max(next_widest, MIN_COLUMN), sum(fitted) - space)
        fitted[widest] -= max(1, give)
    return fitted


def _width(text: str) -> int:
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, width: int, mark: str) -> str:
    if _width(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _character_width(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + mark


def _pad(text: str, width: int, right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if right else text + blank


def _is_utf8(stream: TextIO) -> bool:
    return (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "") == "utf8"


def _encodable(text: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)
