from __future__ import annotations

from pathlib import Path

import pytest

from tests.shares import SHARES, note, share_of, told


@pytest.mark.parametrize(
    ("test", "share"),
    [
        ("tests/unit/test_shares.py::test_a", "core and real log"),
        ("tests/acceptance/test_up.py::test_a", "core and real log"),
        ("tests/acceptance/test_drill.py::test_a[slow-handler]", "queries and drills"),
        ("tests/acceptance/test_postgres.py::test_a", "PostgreSQL, Redis, workers"),
        ("tests/acceptance/test_postgres_commands.py::test_a", "core and real log"),
        ("tests/acceptance/test_kill.py::test_a", "faults and fuzz"),
    ],
)
def test_each_test_belongs_to_one_share(test: str, share: str) -> None:
    assert share_of(test) == share


def test_the_files_of_each_share_are_there() -> None:
    places = [place for _, _, several in SHARES for place in several]
    assert [place for place in places if not Path(place).exists()] == []


def test_runs_side_by_side_divide_the_time_that_they_took_together(tmp_path: Path) -> None:
    file = tmp_path / "shares"
    note({"core and real log": 60.0, "queries and drills": 30.0}, file)
    note({"queries and drills": 90.0, "browser": 20.0}, file)
    assert told(file, 100.0) == [
        "core and real log: 30 s of 240",
        "queries and drills: 60 s of 300",
        "browser: 10 s of 120",
        "PostgreSQL, Redis, workers: 0 s of 120",
        "faults and fuzz: 0 s of 120",
        "all: 100 s of 900",
    ]
