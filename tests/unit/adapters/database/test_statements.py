from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.adapters.database.statements import (
    KEPT_TEXTS,
    MOST_CHARACTERS,
    TABLES,
    _parsed,
    statement_of,
)
from vitrine.catalogue.labels import OPERATION

WORDS = st.sampled_from(
    ["select", "with", "insert into", "from", "visits", "'", "''", "(", ")", "--", "/*", "*/",
     "\n", "?", ",", "1", "x", '"', "BEGIN", "\0", "é"]
)  # fmt: skip
TEXTS = st.text() | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map("".join)


@pytest.mark.parametrize(
    ("text", "operation", "table"),
    [
        ("SELECT * FROM visits", "select", "visits"),
        ("  select x\nfrom json_each(?) AS a CROSS JOIN\n\tvisits v", "select", "visits"),
        ("INSERT INTO events (visit) SELECT id FROM visits", "insert", "events"),
        ("insert or ignore into notes VALUES (?)", "insert", "notes"),
        ('UPDATE "visits" SET segment = ?', "update", "visits"),
        ("DELETE FROM events WHERE visit IN (SELECT id FROM visits)", "delete", "events"),
        ("WITH old AS (SELECT id FROM visits) DELETE FROM events", "delete", "events"),
        ("with new as (select id from visits) select * from new", "select", "visits"),
        ("/* from notes */ SELECT 1 -- from events", "select", "none"),
        ("SELECT 'from notes' FROM visits", "select", "visits"),
        ("SELECT * FROM sqlite_master", "select", "other"),
        ("BEGIN IMMEDIATE", "other", "none"),
        ("SAVEPOINT sa_savepoint_7", "other", "none"),
        ("PRAGMA table_info(visits)", "other", "none"),
        ("CREATE TABLE stray (id)", "other", "none"),
        ("", "other", "none"),
    ],
)
def test_operation_and_table_are_read_from_the_text(text: str, operation: str, table: str) -> None:
    assert statement_of(text)[:2] == (operation, table)


def test_a_fingerprint_names_the_statement_and_no_value() -> None:
    found = statement_of("SELECT value FROM notes WHERE name = 'ann@example.com' AND 17 IN (1, 2)")
    assert re.fullmatch(r"select_notes_[0-9a-f]{4}", found.fingerprint)
    assert found.text == "SELECT value FROM notes WHERE name = ? AND ? IN (?)"
    assert re.fullmatch(r"begin_[0-9a-f]{4}", statement_of("BEGIN IMMEDIATE").fingerprint)


def test_statements_that_differ_in_values_and_blanks_alone_are_one() -> None:
    first = statement_of("SELECT value FROM notes WHERE name IN (?, ?)")
    assert first == statement_of("SELECT value\n  FROM notes WHERE name IN ('a', 'it''s', 3)")
    assert first != statement_of("SELECT name FROM notes WHERE name IN (?, ?)")
    assert len({statement_of(f"SAVEPOINT sa_savepoint_{n}") for n in range(300)}) == 1


@given(TEXTS)
def test_whatever_the_text_its_names_are_short_and_of_the_declared_kind(text: str) -> None:
    operation, table, fingerprint, plain = statement_of(text)
    assert operation in OPERATION.values
    assert table in TABLES
    assert re.fullmatch(r"[a-z_]+(_[0-9a-f]{4})?", fingerprint)
    assert len(fingerprint) < 40
    assert not re.search(r"\d", plain, re.ASCII)


@given(st.text(st.characters(exclude_characters="'", exclude_categories=["Nd"]), min_size=4))
def test_what_stands_in_quotes_is_never_repeated(secret: str) -> None:
    literal = f"'#{secret}#'"
    assert f"#{secret}#" not in statement_of(f"SELECT {literal} FROM notes").text
    assert f"#{secret}#" not in statement_of(f"SELECT {literal[:-1]}").text


def test_a_flood_of_texts_is_not_remembered_and_a_huge_one_is_cut() -> None:
    for number in range(KEPT_TEXTS * 2):
        statement_of(f"SELECT {'x' * (number + 1)} FROM visits")
    assert _parsed.cache_info().currsize <= KEPT_TEXTS
    for hostile in ("'", "(", "/*", "--", "? , ", "''", "with ("):
        assert len(statement_of(f"SELECT {hostile * 1_000_000}").text) <= MOST_CHARACTERS
