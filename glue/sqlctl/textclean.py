"""Text of unknown origin, made safe for a terminal, a table and a pager."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device strings
    r"|\x1b[ -/]*[0-~]?"
)
_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Controls, and the invisible characters that reorder or hide what stands around them.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def clean(text: str) -> str:
    """One line of printable text: no escape sequences, no control characters, nothing that reorders it."""
    return _INVISIBLE.sub("", _BLANKS.sub(" ", _ESCAPES.sub("", text)))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the cut shown by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def excerpt(text: str, start: int, limit: int) -> str:
    """At most `limit` characters around position `start`: a match far into a long line stays in sight."""
    text_before = max(0, min(start - limit // 4, len(text) - limit))
    if text_before == 0:
        return shorten(text, limit)
    return "…" + shorten(text[text_before + 1 :], limit - 1)
