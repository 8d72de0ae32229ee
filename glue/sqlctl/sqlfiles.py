"""The folder sql/ as the runner sees it: migrations (stone) and the objects of repeatable.sql (sand)."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlctl.errors import RefusedError
from sqlctl.sqltext import SqlTextError, Statement, fold, statements, tokens

MIGRATION_NAME = re.compile(r"(\d{14})_([a-z0-9_]+)\.sql")
_UP = re.compile(r"^--[ \t]*migrate:up(?:[ \t]+(?P<options>\S.*?))?[ \t]*$", re.MULTILINE)
_DOWN = re.compile(r"^--[ \t]*migrate:down(?:[ \t]+(?P<options>\S.*?))?[ \t]*$", re.MULTILINE)
_INCLUDE = re.compile(r"^\\ir[ \t]+(\S+)[ \t]*$")
_CREATE = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?(function|procedure|view)\s+(\w+)\.(\w+)", re.IGNORECASE | re.MULTILINE
)
_TRIGGER = re.compile(
    r"^\s*create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\s+(\w+)\b[^;]*?\bon\s+(\w+)\.(\w+)",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSACTION_WORDS = {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}


@dataclass(frozen=True)
class Section:
    """The up or the down part of a migration."""

    sql: str
    line: int  # of the file, where sql begins
    transactional: bool

    @property
    def code(self) -> str:
        """What PostgreSQL sees of it."""
        return f"transaction:{str(self.transactional).lower()}\n{fold(self.sql)}"


@dataclass(frozen=True)
class Migration:
    version: str
    name: str
    path: str  # relative to the folder sql/
    sha256: str
    up: Section
    down: Section

    @property
    def stem(self) -> str:
        return f"{self.version}_{self.name}"

    @cached_property
    def code_sha256(self) -> str:
        """Changes when the code does, not when a comment or white space does."""
        return _sha256(f"up {self.up.code}\ndown {self.down.code}".encode())

    def problems(self) -> list[str]:
        """What keeps the runner, psql or dbmate from running it as it stands."""
        try:
            return [problem for part in (self.up, self.down) for problem in self._section_problems(part)]
        except SqlTextError as error:
            return [f"{self.path}:{error.line}: {error}"]

    def _section_problems(self, section: Section) -> list[str]:
        found = []
        try:
            parts = statements(section.sql)
        except SqlTextError as error:
            raise SqlTextError(str(error), section.line + error.line - 1) from None
        for part in parts:
            problem = _statement_problem(part)
            if problem:
                found.append(f"{self.path}:{section.line + part.line - 1}: {problem}")
        if not section.transactional and len(parts) != 1:
            found.append(
                f"{self.path}:{section.line - 1}: transaction:false takes exactly one statement, "
                f"here are {len(parts)}"
            )
        return found


@dataclass(frozen=True)
class SandFile:
    """One file of repeatable.sql and the object that it makes."""

    path: str
    kind: str  # function (procedures too), view, privileges
    schema: str
    name: str
    sql: str
    sha256: str
    triggers: tuple[tuple[str, str, str], ...] = ()  # (schema, table, trigger)


@dataclass
class Tree:
    """Everything under sql/ that migrate, down and render work with, and what is wrong with it."""

    root: Path
    migrations: list[Migration] = field(default_factory=list)
    sand: list[SandFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def by_version(self) -> dict[str, Migration]:
        return {migration.version: migration for migration in self.migrations}

    @property
    def roles_sql(self) -> str:
        return read_text(self.root / "roles.sql")

    def require_sound(self) -> Tree:
        refuse(self.problems)
        return self


def sql_root() -> Path:
    """SQLCTL_SQL_DIR, else the folder inside an installed package, else that of the checkout."""
    chosen = os.environ.get("SQLCTL_SQL_DIR")
    package = Path(__file__).resolve().parent
    for folder in [Path(chosen)] if chosen else [package / "sql", package.parents[1] / "sql"]:
        if (folder / "migrations").is_dir():
            return folder
    where = f"SQLCTL_SQL_DIR={chosen}" if chosen else "this installation of sqlctl"
    raise RefusedError(
        f"{where} has no folder migrations", hint="reinstall sqlctl, or name a folder like sql/"
    )


def load_tree(root: Path | None = None) -> Tree:
    """Read sql/. What is wrong is collected in `problems`, so that it can be shown at once."""
    tree = Tree(root or sql_root())
    _load_migrations(tree)
    _load_sand(tree)
    return tree


def refuse(problems: list[str]) -> None:
    """Raise RefusedError with all problems, if there are any."""
    if problems:
        raise RefusedError("refused, nothing was changed:\n" + "\n".join(f"  - {line}" for line in problems))


def included_files(root: Path, toc: str) -> list[str]:
    """The files that a table of contents (schema.sql, repeatable.sql) names, in its order."""
    lines = read_text(root / toc).splitlines()
    return [match.group(1) for match in map(_INCLUDE.match, lines) if match]


def read_text(path: Path) -> str:
    """A file's text; RefusedError where psql or the server could not read it."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise RefusedError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise RefusedError(f"{path} is not UTF-8 (byte {error.start})") from None
    if text.startswith("\ufeff") or "\0" in text:
        raise RefusedError(f"{path}:1: byte order mark or NUL byte")
    return text


def _load_migrations(tree: Tree) -> None:
    seen: dict[str, str] = {}
    for file in sorted((tree.root / "migrations").iterdir()):
        path = f"migrations/{file.name}"
        named = MIGRATION_NAME.fullmatch(file.name)
        if file.name.startswith("."):
            continue
        if not named or not file.is_file():
            tree.problems.append(f"{path}: not a migration (expected YYYYMMDDHHMMSS_name.sql)")
            continue
        version, name = named.groups()
        if version in seen:
            tree.problems.append(f"{path}: same version as {seen[version]}")
            continue
        seen[version] = path
        try:
            text = read_text(file)
            up, down = _sections(text)
        except RefusedError as error:
            tree.problems.append(error.message)
        except SqlTextError as error:
            tree.problems.append(f"{path}:{error.line}: {error}")
        else:
            tree.migrations.append(Migration(version, name, path, _sha256(file.read_bytes()), up, down))


def _sections(text: str) -> tuple[Section, Section]:
    """Split a file in dbmate's format. Its markers are whole lines, wherever they stand."""
    text = text.replace("\r\n", "\n")
    ups, downs = list(_UP.finditer(text)), list(_DOWN.finditer(text))
    for name, markers in (("up", ups), ("down", downs)):
        if len(markers) != 1:
            line = text.count("\n", 0, markers[1].start()) + 1 if markers else 1
            raise SqlTextError(f"{len(markers)} lines `-- migrate:{name}`, expected one", line)
    up, down = ups[0], downs[0]
    if down.start() < up.start():
        raise SqlTextError(
            "`-- migrate:down` stands before `-- migrate:up`", text.count("\n", 0, down.start()) + 1
        )
    if any(token.kind != "space" for token in tokens(text[: up.start()])):
        raise SqlTextError("a statement stands before `-- migrate:up`", 1)
    return (_section(text, up, down.start()), _section(text, down, len(text)))


def _section(text: str, marker: re.Match[str], end: int) -> Section:
    line = text.count("\n", 0, marker.start()) + 1
    options = (marker.group("options") or "").split()
    if any(option not in ("transaction:false", "transaction:true") for option in options) or len(options) > 1:
        raise SqlTextError(f"unknown option {' '.join(options)!r}, expected transaction:false", line)
    return Section(text[marker.end() + 1 : end], line + 1, options != ["transaction:false"])


def _statement_problem(statement: Statement) -> str | None:
    words = [*statement.words, ""]
    if "\\" in words:
        return "a backslash command is not SQL"
    if words[0] in _TRANSACTION_WORDS or words[:2] == ["prepare", "transaction"]:
        return f"`{words[0]}`: the runner opens and ends the transaction"
    if words[0] == "set" and words[1] not in ("local", "constraints"):
        return "`set` outlives the migration: write `set local`"
    if words[0] == "copy":
        return "`copy`: write insert"
    return None


def _load_sand(tree: Tree) -> None:
    try:
        listed = included_files(tree.root, "repeatable.sql")
    except RefusedError as error:
        tree.problems.append(error.message)
        return
    for number, path in enumerate(listed):
        if path in listed[:number]:
            tree.problems.append(f"repeatable.sql: {path} is listed twice")
            continue
        try:
            text = read_text(tree.root / path)
        except RefusedError as error:
            tree.problems.append(error.message)
            continue
        sand = _sand_file(path, text)
        tree.problems.append(sand) if isinstance(sand, str) else tree.sand.append(sand)
    if any(file.kind == "privileges" for file in tree.sand[:-1]):
        tree.problems.append("repeatable.sql: privileges.sql must be the last line")
    for folder in ("functions", "views"):
        for file in sorted((tree.root / folder).rglob("*.sql")):
            path = file.relative_to(tree.root).as_posix()
            if path not in listed:
                tree.problems.append(f"repeatable.sql: {path} is not listed")


def _sand_file(path: str, text: str) -> SandFile | str:
    """The file, or what is wrong with it."""
    sha256 = _sha256(text.encode())
    if path == "privileges.sql":
        return SandFile(path, "privileges", "", "", text, sha256)
    created = _CREATE.search(text)
    if not created:
        return f"{path}:1: no `create or replace function|procedure|view schema.name`"
    line = text.count("\n", 0, created.start(1)) + 1
    kind, schema, name = created.group(1).lower(), created.group(2), created.group(3)
    expected = "fleet_internal" if path.startswith("functions/internal/") else "fleet"
    if (schema, name) != (expected, Path(path).stem):
        return f"{path}:{line}: makes {schema}.{name}, expected {expected}.{Path(path).stem}"
    folder = "views/" if kind == "view" else "functions/"
    if not path.startswith(folder):
        return f"{path}:{line}: a {kind} belongs under {folder}"
    triggers = tuple((on, table, trigger) for trigger, on, table in _TRIGGER.findall(text))
    return SandFile(path, "view" if kind == "view" else "function", schema, name, text, sha256, triggers)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
