from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.adapters.database.declared import declared_fingerprints, declared_texts
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.adapters.database.sqlite.plans import SqlitePlans, access_of
from vitrine.adapters.database.statements import statement_of
from vitrine.catalogue.labels import FINGERPRINT
from vitrine.catalogue.metrics import DB_INDEX_USE
from vitrine.signals import Access, PlanFound, Signal

COUNTED = "n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4)"
NOT_EXPLAINED = {"begin", "commit", "release", "rollback", "savepoint"}


class Found:
    """Keeps the plans that are announced, by fingerprint."""

    def __init__(self) -> None:
        self.plans: list[PlanFound] = []

    def __call__(self, signal: Signal) -> None:
        assert isinstance(signal, PlanFound)
        self.plans.append(signal)


@pytest.fixture
def path(database: SqliteDatabase, tmp_path: Path) -> Path:
    """Give the file of a migrated database."""
    database.durability()
    return tmp_path / "vitrine.db"


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("SELECT * FROM visits WHERE visitor = ?", Access.INDEX),
        ("SELECT visitor FROM visits WHERE visitor = ? AND ordinal = ?", Access.INDEX),
        ("SELECT * FROM visits WHERE visitor = ? OR id = ?", Access.INDEX),
        ("SELECT * FROM visits WHERE id = ?", Access.PRIMARY_KEY),
        ("SELECT value FROM notes WHERE name = ?", Access.PRIMARY_KEY),
        ("SELECT max(id) FROM visits", Access.PRIMARY_KEY),
        ("SELECT * FROM events WHERE name = ?", Access.FULL_SCAN),
        ("SELECT * FROM visits ORDER BY visitor, ordinal", Access.FULL_SCAN),
        ("SELECT count(*) FROM notes", Access.FULL_SCAN),
        ("DELETE FROM visits WHERE last < ?", Access.FULL_SCAN),
        ("UPDATE notes SET value = ?", Access.FULL_SCAN),
        ("SELECT * FROM visits a JOIN visits b ON a.segment = b.segment", Access.FULL_SCAN),
        ("SELECT * FROM (SELECT max(last) FROM visits GROUP BY bot) AS u", Access.FULL_SCAN),
        (
            "SELECT * FROM (SELECT 1 UNION SELECT id FROM visits WHERE visitor = ?) u",
            Access.INDEX,
        ),
        ("SELECT value FROM json_each(?) AS asked", Access.NONE),
        ("INSERT INTO notes (name, value) VALUES (?, ?)", Access.NONE),
        ("INSERT INTO notes (name, value) VALUES (?, ?), (?, ?)", Access.NONE),
        ("SELECT ?", Access.NONE),
        (f"WITH RECURSIVE {COUNTED} SELECT i FROM n", Access.NONE),
    ],
)
def test_the_planner_says_how_rows_are_reached(path: Path, text: str, access: Access) -> None:
    found = Found()
    SqlitePlans(path, found, [(text, text.count("?"))]).explain()
    (plan,) = found.plans
    assert plan == (statement_of(text).fingerprint, access, statement_of(text).text)


def test_an_index_that_the_planner_makes_for_itself_is_a_full_scan() -> None:
    step = "SEARCH b USING AUTOMATIC COVERING INDEX (segment=?)"
    assert access_of([step], frozenset()) is Access.FULL_SCAN


def test_the_dearest_step_speaks_for_the_statement() -> None:
    key = "SEARCH visits USING INTEGER PRIMARY KEY (rowid=?)"
    index = "SEARCH e USING COVERING INDEX events_by_visit (visit=?)"
    assert access_of([key], frozenset()) is Access.PRIMARY_KEY
    assert access_of([key, index], frozenset()) is Access.INDEX
    assert access_of([key, index, "SCAN notes"], frozenset()) is Access.FULL_SCAN
    assert access_of([], frozenset()) is Access.NONE


@given(st.lists(st.text() | st.sampled_from(["SCAN", "SEARCH x USING INDEX ", "MATERIALIZE "])))
def test_words_of_a_later_planner_break_nothing(plan: list[str]) -> None:
    assert access_of(plan, frozenset()) in Access


def test_the_catalogue_knows_every_access() -> None:
    assert DB_INDEX_USE.labels[1].values == tuple(access.value for access in Access)


def test_every_statement_of_ours_is_explained_once(path: Path) -> None:
    found = Found()
    plans = SqlitePlans(path, found, declared_texts())
    plans.explain()
    plans.explain()
    explained = [plan.fingerprint for plan in found.plans]
    assert sorted(explained) == [
        name for name in declared_fingerprints() if name.split("_")[0] not in NOT_EXPLAINED
    ]
    scans = [plan.db_query for plan in found.plans if plan.access is Access.FULL_SCAN]
    assert len(scans) == 4
    counted = ("exposed_at", "CAST(confidence", "SELECT v.segment, e.name", "last < ?")
    for words in counted:  # the experiment, the console and retention read all, on purpose
        assert [one for one in scans if words in one], words


def test_only_statements_with_rows_are_explained(path: Path) -> None:
    found = Found()
    texts = ["BEGIN", "BEGIN IMMEDIATE", "COMMIT", "PRAGMA journal_mode", "SAVEPOINT a", "VACUUM"]
    SqlitePlans(path, found, [(text, 0) for text in texts]).explain()
    assert found.plans == []


def test_what_cannot_be_explained_is_asked_again(tmp_path: Path) -> None:
    found = Found()
    missing = tmp_path / "later.db"
    plans = SqlitePlans(missing, found, [("SELECT * FROM notes", 0), ("SELECT * FROM nowhere", 0)])
    plans.explain()
    assert not missing.exists()
    engine = sqlite_engine(missing, 1)
    migrate(engine)
    engine.dispose()
    plans.explain()
    plans.explain()
    assert [plan.access for plan in found.plans] == [Access.FULL_SCAN]


def test_a_flood_of_statements_is_explained_up_to_the_bound(path: Path) -> None:
    found = Found()
    texts = [(f"SELECT name AS {'x' * (n + 1)} FROM notes", 0) for n in range(500)]
    SqlitePlans(path, found, texts).explain()
    assert len(found.plans) == FINGERPRINT.bound
