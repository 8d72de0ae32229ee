"""The little lexer: what folds alike, what does not, where statements end."""

from __future__ import annotations

import pytest
from sqlctl.sqltext import SqlTextError, fold, literal, statements


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create table t (a int);", "create   table t(\n  a int\n) ;\n"),
        ("select 1; -- why", "-- because\nselect 1;"),
        ("select /* a /* nested */ one */ 1", "select 1"),
        ("select 1;\r\nselect 2;\r\n", "select 1;\nselect 2;\n"),
        ("comment on table t is 'x'", "comment  on table t\n  is 'x'"),
    ],
)
def test_comments_and_white_space_fold(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 'a  b'", "select 'a b'"),
        ("select 'a -- b'", "select 'a'"),
        ("select 'it''s /* no */ comment'", "select 'it''s comment'"),
        ("select E'a\\' -- b'", "select E'a\\''"),
        ('select "a  b"', 'select "a b"'),
        ("do $$ -- one\n $$", "do $$ -- two\n $$"),
        ("do $x$ a $$ /* b */ $$ $x$", "do $x$ a $$ $$ $x$"),
        ("select a b", "select ab"),
        ("select a - -1", "select a --1"),
        ("select a < = b", "select a <= b"),
        ("create table t (a int)", "create table T (a int)"),
        ("select\u00a01", "select 1"),
    ],
)
def test_code_does_not_fold(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("select 1;\nselect 'open", 2),
        ("\n\n/* open /* closed */", 3),
        ('select "open', 1),
        ("do $a$ open $b$", 1),
    ],
)
def test_what_is_not_closed_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(SqlTextError) as caught:
        fold(text)
    assert caught.value.line == line


def test_statements_end_at_semicolons_that_count() -> None:
    text = """
    select ';' as "a;b"; -- ; no
    do $$ begin; end $$;
    create function f() returns int language sql begin atomic
      select case when true then 1 else 2 end;
      select 2;
    end;
    update t set a = 1
    """
    found = statements(text)
    assert [statement.words[0] for statement in found] == ["select", "do", "create", "update"]
    assert [statement.line for statement in found] == [2, 3, 4, 8]


def test_a_literal_is_what_postgresql_reads_back() -> None:
    assert literal("it's") == "'it''s'"
    assert literal("back\\slash") == "E'back\\\\slash'"
    assert literal(None) == "null"
    assert literal(7) == "7"
