"""What a doctor finds in an embedded database of which one thing at a time is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.damage import damage
from vitrine.adapters.database.schema import HEAD
from vitrine.operations.doctor import sqlite
from vitrine.operations.doctor.finding import Finding, Level
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.sqlite import look_at_sqlite


def last(patient: Patient) -> Finding:
    """Return what is found last, before which everything is in order."""
    *fine, found = look_at_sqlite(patient)
    assert {finding.level for finding in fine} <= {Level.OK}
    assert found.do or found.level in (Level.OK, Level.ABSENT)
    return found


def run(patient: Patient, *statements: str) -> None:
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def test_a_database_in_order_is_said_to_be(patient: Patient) -> None:
    assert [(one.level, one.found) for one in look_at_sqlite(patient)] == [
        (Level.OK, f"{patient.database} is whole"),
        (Level.OK, f"it is at schema {HEAD}"),
        (Level.OK, "it takes what it is given"),
        (Level.OK, "1 visits, 0 events, 0 opinions: all hold what was written"),
        (Level.OK, "visits are kept for 395 days"),
    ]


def test_overwritten_pages_are_a_problem_and_a_backup_mends_them(patient: Patient) -> None:
    damage(patient.database)
    found = last(patient)
    assert (found.level, "vitrine restore" in found.do) == (Level.PROBLEM, True)
    assert str(patient.database) in found.found


def test_what_is_no_database_is_a_problem(patient: Patient) -> None:
    patient.database.write_bytes(b"something else, for as long as a page of a database" * 100)
    assert last(patient).level is Level.PROBLEM


def test_an_index_that_lacks_a_row_is_a_problem(patient: Patient) -> None:
    run(
        patient,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'visits'",
        "PRAGMA writable_schema = RESET",
        "UPDATE visits SET features = NULL",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'features TEXT', 'features TEXT NOT NULL')"
        " WHERE name = 'visits'",
    )
    found = last(patient)
    assert (found.level, "NULL value in visits.features" in found.found) == (Level.PROBLEM, True)


def test_a_file_that_is_too_large_to_be_read_through_is_said_to_be(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "READ_THROUGH_BYTES", 1)
    first = next(iter(look_at_sqlite(patient)))
    assert (first.level, "quick_check" in first.do) == (Level.ABSENT, True)


def test_an_older_schema_asks_for_migrate(patient: Patient) -> None:
    run(patient, "UPDATE alembic_version SET version_num = '0001'", "DROP TABLE events")
    found = last(patient)
    assert (found.level, found.do) == (Level.PROBLEM, "vitrine migrate")


def test_a_newer_schema_is_a_problem(patient: Patient) -> None:
    run(patient, "UPDATE alembic_version SET version_num = '9999'")
    assert (last(patient).level, last(patient).found) == (
        Level.PROBLEM,
        f"it is at schema 9999, this version knows up to {HEAD}",
    )


def test_a_table_that_is_gone_is_a_problem(patient: Patient) -> None:
    run(patient, "DROP TABLE events")
    assert (last(patient).level, last(patient).found) == (
        Level.PROBLEM,
        "it has no table events",
    )


def test_a_database_that_somebody_holds_for_good_is_a_problem(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "TRIES_FOR_S", 0.0)
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        found = next(one for one in look_at_sqlite(patient) if one.level is not Level.OK)
    assert (found.level, "locked" in found.found) == (Level.PROBLEM, True)


def test_visits_that_nobody_deletes_are_a_warning(patient: Patient) -> None:
    run(patient, "UPDATE visits SET last = last - 34 * 86400000")
    assert last(patient).level is Level.OK
    found = last(replace(patient, retention_days=30))
    assert (found.level, found.check) == (Level.WARNING, "retention")
    assert "there is one of 34 days ago" in found.found


def test_a_postgres_takes_the_place_of_the_file(patient: Patient) -> None:
    assert not list(look_at_sqlite(replace(patient, postgres="postgresql://elsewhere/v")))


def test_a_database_that_is_not_there_yet_is_absent(patient: Patient, tmp_path: Path) -> None:
    assert last(replace(patient, database=tmp_path / "new.db")).level is Level.ABSENT


def test_rows_that_hold_something_else_are_a_problem_that_names_them(patient: Patient) -> None:
    run(
        patient,
        "INSERT INTO events (visit, name, at, params) VALUES (1, 'a', 0, '{'), (1, 'a', 0, '{}')",
        "UPDATE visits SET features = CAST(x'7bff7d' AS TEXT)",
        "INSERT INTO opinions VALUES ('v', 'ab12', '[]', NULL, 0.5, 'p', 'm', 0)",
    )
    visits, events, opinions = (one for one in look_at_sqlite(patient) if one.level is not Level.OK)
    assert visits.found == "1 of 1 visits hold something else than was written: id 1"
    assert events.found == "1 of 2 events hold something else than was written: id 1"
    assert opinions.found.endswith("than was written: fingerprint 'ab12'")
    for found in (visits, events, opinions):
        assert found.level is Level.PROBLEM
        command = found.do.partition("held: ")[2]
        statement = command.partition('"')[2].rstrip('"')
        assert command == f'sqlite3 {patient.database} "{statement}"'
        run(patient, statement)
    assert {one.level for one in look_at_sqlite(patient)} == {Level.OK}
