"""Just enough of PostgreSQL's lexer to fold white space and comments, and to tell statements apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>   [ \t\n\r\f\v]+ )
  | (?P<comment> --[^\n]* )
  | (?P<block>   /\* )
  | (?P<string>  [eE]'(?:[^'\\]|\\.|'')*' | (?:[uU]&|[bBxXnN])?'(?:[^']|'')*' )
  | (?P<ident>   (?:[uU]&)?"(?:[^"]|"")*" )
  | (?P<dollar>  \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$ )
  | (?P<word>    [^\W\d][\w$]* )
  | (?P<number>  \d[\w.]* )
  | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_NO_GAP_BESIDE = frozenset("(),;")


class SqlTextError(ValueError):
    """The text ends inside a string, a quoted name or a comment; `line` is where that began, from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Token:
    kind: str  # space (comments too), string, ident, dollar, word, number, other
    text: str
    offset: int


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon; its words are in lower case, quoted things left out."""

    words: tuple[str, ...]
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`; raises SqlTextError where something is not closed."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None and match.lastgroup is not None
        kind, end = match.lastgroup, match.end()
        if kind == "block":
            kind, end = "space", _block_end(text, at)
        elif kind == "comment":
            kind = "space"
        elif kind == "tag":
            kind = "dollar"
        elif kind == "other" and match.group() in "'\"$":
            what = {"'": "string", '"': "quoted name", "$": "dollar quote"}[match.group()]
            raise SqlTextError(f"{what} is not closed", line_of(text, at))
        yield Token(kind, text[at:end], at)
        at = end


def fold(text: str) -> str:
    """The code alone: comments and white space between tokens become one space, or none beside ( ) , and ;.

    Whatever is quoted stays as it is. Two texts that fold alike mean the same to PostgreSQL.
    """
    pieces: list[str] = []
    gap = False
    for token in tokens(text.replace("\r\n", "\n")):
        if token.kind == "space":
            gap = True
            continue
        if gap and pieces and pieces[-1] not in _NO_GAP_BESIDE and token.text not in _NO_GAP_BESIDE:
            pieces.append(" ")
        pieces.append(token.text)
        gap = False
    return "".join(pieces)


def statements(text: str) -> list[Statement]:
    """The statements of `text`. A semicolon in a `begin atomic ... end` body ends none."""
    found: list[Statement] = []
    words: list[str] = []
    start: int | None = None
    depth = 0
    for token in [*tokens(text), Token("other", ";", len(text))]:
        if token.kind == "space":
            continue
        if token.text == ";" and depth == 0:
            if start is not None:
                found.append(Statement(tuple(words), text[start : token.offset], line_of(text, start)))
            words, start = [], None
            continue
        if start is None:
            start = token.offset
        if token.kind == "word":
            words.append(token.text.lower())
            depth = _depth_after(words, depth)
        elif token.text == "\\":
            words.append("\\")
    return found


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def literal(value: str | int | None) -> str:
    """A value as SQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


def quoted_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _block_end(text: str, start: int) -> int:
    """The end of a block comment; these nest."""
    depth, at = 1, start + 2
    while depth:
        edge = _BLOCK_EDGE.search(text, at)
        if edge is None:
            raise SqlTextError("comment is not closed", line_of(text, start))
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return at


def _depth_after(words: list[str], depth: int) -> int:
    """How deep in `begin atomic` and `case` we are after the latest word."""
    if depth == 0:
        return 1 if words[0] == "create" and words[-2:] == ["begin", "atomic"] else 0
    return depth + {"case": 1, "end": -1}.get(words[-1], 0)
