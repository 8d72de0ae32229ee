"""Rules that only the text of an SQL file shows; the catalog's are views in sql/tests/conventions.

A rule is a function from a file to what is wrong with it. tests/test_conventions.py runs each over the files it is
for, and plants an offence for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fetch import ROOT

SQL = ROOT / "sql"
LONGEST_LINE = 140
LONGEST_BODY = 80  # about 60 is the rule; this is where it ends

_NOT_CODE = re.compile(
    r"""--[^\n]*                # comment
      | /\*.*?\*/
      | \b[eE]'(?:[^'\\]|''|\\.)*'  # literal with escapes
      | '(?:[^']|'')*'          # literal
      | "(?:[^"]|"")*"          # quoted name
    """,
    re.VERBOSE | re.DOTALL,
)
_CREATE = re.compile(
    r"^create\s+(?:or\s+replace\s+)?(function|procedure|view|trigger)\s+(?:([a-z_]+)\.)?([a-z_0-9]+)",
    re.MULTILINE,
)
_BODY = re.compile(r"^as \$(\w*)\$\n(.*?)^\$\1\$;|^begin atomic\n(.*?)^end;", re.MULTILINE | re.DOTALL)

Rule = Callable[["SqlFile"], list[str]]


@dataclass(frozen=True)
class SqlFile:
    """A file under sql/, by its path from there and its text."""

    path: Path
    text: str

    @property
    def code(self) -> str:
        """The text with comments, literals and quoted names blanked, line numbers kept."""
        return _NOT_CODE.sub(lambda found: "\n" * found[0].count("\n") or "''", self.text)

    @property
    def objects(self) -> list[tuple[str, str, str]]:
        """What it creates outside of function bodies: (kind, schema, name)."""
        outside = _BODY.sub("", self.text)
        return [(found[1], found[2], found[3]) for found in _CREATE.finditer(outside)]

    @property
    def kind(self) -> str:
        """functions, views, schema, migrations, tests, or top."""
        return self.path.parts[0] if len(self.path.parts) > 1 else "top"


def sql_files(*kinds: str) -> Iterator[SqlFile]:
    """The files of these kinds, all of them if none is named."""
    for path in sorted(SQL.rglob("*.sql")):
        file = SqlFile(path.relative_to(SQL), path.read_text(encoding="utf-8"))
        if not kinds or file.kind in kinds:
            yield file


def lowercase(file: SqlFile) -> list[str]:
    """No capital letter outside comments, literals and quoted names."""
    return [
        f"line {number}: {word}"
        for number, line in enumerate(file.code.splitlines(), 1)
        for word in re.findall(r"\b\w*[A-Z]\w*\b", re.sub(r"^\\.*", "", line))
    ]


def tidy(file: SqlFile) -> list[str]:
    """No tab, no blank at a line's end, one line feed at the file's end, no line of code that is too long."""
    faults = [] if file.text.endswith("\n") and not file.text.endswith("\n\n") else ["end of file"]
    for number, (line, code) in enumerate(
        zip(file.text.splitlines(), file.code.splitlines(), strict=True), 1
    ):
        # the statements of a test may stand in one long line each, as cases of a table do
        too_long = len(code) > LONGEST_LINE and file.kind != "tests"
        if "\t" in line or line != line.rstrip() or too_long:
            faults.append(f"line {number}")
    return faults


def one_object(file: SqlFile) -> list[str]:
    """A sand file makes the one object it is named after, in the schema its folder stands for, and its triggers."""
    kinds = {"functions": ("function", "procedure"), "views": ("view",)}[file.kind]
    schema = "fleet_internal" if file.path.parts[1] == "internal" else "fleet"
    made = [made for made in file.objects if made[0] != "trigger"]
    fits = len(made) == 1 and made[0][0] in kinds and made[0][2] == file.path.stem
    # a trigger function may live in either schema: a source's has a name that users call
    schemas = (
        {schema, "fleet_internal"} if re.search(r"^returns trigger$", file.text, re.MULTILINE) else {schema}
    )
    return [] if fits and made[0][1] in schemas else [f"it makes {made}"]


def header(file: SqlFile) -> list[str]:
    """A sand file begins with a comment of at most eight lines, then the object."""
    lines = file.text.splitlines()
    height = next((number for number, line in enumerate(lines) if not line.startswith("-- ")), len(lines))
    faults = [] if 1 <= height <= 8 else [f"a header of {height} lines"]
    if not lines[height:] or not lines[height].startswith("create or replace "):
        faults.append("the object does not follow the header")
    return faults


def stated(file: SqlFile) -> list[str]:
    """A function states language, volatility, parallel safety and security."""
    if file.objects and file.objects[0][0] != "function":
        return []
    patterns = {
        "language": r"^language (sql|plpgsql)$",
        "volatility": r"^(volatile|stable|immutable)$",
        "parallel": r"^parallel (safe|restricted|unsafe)$",
        "security": r"^security (definer|invoker)$",
    }
    return [word for word, pattern in patterns.items() if not re.search(pattern, file.text, re.MULTILINE)]


def short_body(file: SqlFile) -> list[str]:
    """A body is about 60 lines, and never more than 80."""
    bodies = _BODY.findall(file.text)
    heights = [(plpgsql or sql).count("\n") for _, plpgsql, sql in bodies]
    faults = [] if bodies else ["no body found"]
    return faults + [f"{height} lines" for height in heights if height > LONGEST_BODY]


def last_words(file: SqlFile) -> list[str]:
    """After the object: revoke, then any grant, then the comment."""
    words = re.findall(r"^(revoke|grant|comment on (?:function|procedure|view))", file.text, re.MULTILINE)
    order = sorted(
        words, key=lambda word: ("revoke", "grant").index(word) if word in ("revoke", "grant") else 2
    )
    complete = words[:1] == ["revoke"] and words[-1].startswith("comment")
    return [] if complete and words == order else [f"they are {words}"]


def migration(file: SqlFile) -> list[str]:
    """A migration can be run by dbmate: see CONTRIBUTING.md."""
    faults = [] if re.fullmatch(r"\d{14}_[a-z][a-z0-9_]*\.sql", file.path.name) else ["its name"]
    marks = re.findall(r"^-- migrate:(up|down)\b", file.text, re.MULTILINE)
    if marks != ["up", "down"]:
        faults.append(f"its sections: {marks}")
    code = re.sub(r"^-- migrate:\w+.*$", "", file.code, flags=re.MULTILINE)
    code = re.sub(r"\$(\w*)\$.*?\$\1\$", "", code, flags=re.DOTALL)
    banned = {
        "psql command": r"^\\",
        "transaction control": r"^\s*(begin|commit|rollback|start transaction|savepoint)\b",
        "set without local": r"^\s*set\s+(?!local\b)",
        "grant": r"^\s*(grant|revoke)\b",
        "owner": r"\bowner to\b",
        "sand": r"^\s*create\s+(or\s+replace\s+)?(function|procedure|view|trigger)\b",
    }
    return faults + [name for name, ban in banned.items() if re.search(ban, code, re.MULTILINE)]


def test_form(file: SqlFile) -> list[str]:
    """A pgTAP file is one transaction that leaves nothing behind."""
    lines = [line for line in file.text.splitlines() if line.strip() and not line.startswith("--")]
    faults = [] if lines[:1] == ["begin;"] else ["it does not begin with begin;"]
    if lines[-2:] != ["select * from finish();", "rollback;"]:
        faults.append("it does not end with finish() and rollback;")
    if re.search(r"\bno_plan\b|\bpg_sleep\b", file.code):
        faults.append("it has no plan, or sleeps")
    return faults


def mirrored(file: SqlFile) -> list[str]:
    """A pgTAP file has the name and folder of what it tests."""
    target = SQL / Path(*file.path.parts[1:])
    return [] if target.exists() else [f"there is no {target.relative_to(SQL)}"]


RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "lowercase": (lowercase, ("functions", "views", "schema", "migrations", "top")),
    "tidy": (tidy, ()),
    "one_object": (one_object, ("functions", "views")),
    "header": (header, ("functions", "views")),
    "stated": (stated, ("functions",)),
    "short_body": (short_body, ("functions",)),
    "last_words": (last_words, ("functions", "views")),
    "migration": (migration, ("migrations",)),
    "test_form": (test_form, ("tests",)),
    "mirrored": (mirrored, ("tests",)),
}
