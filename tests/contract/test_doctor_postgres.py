"""What a doctor finds in a real PostgreSQL of which one thing at a time is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.postgres import PostgresServer
from vitrine.adapters.database.owner import KEY, claim_for, mark_of
from vitrine.adapters.database.postgres.engine import administering_engine
from vitrine.operations.doctor import postgres as looks
from vitrine.operations.doctor.finding import Level
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.postgres_server import PASSWORD
from vitrine.operations.server import free_port

NOWHERE = "http://127.0.0.1:1"
MARK = mark_of(b"of-the-tests-and-of-nobody-else")


@pytest.fixture
def patient(postgres: PostgresServer, migrated: str, tmp_path: Path) -> Patient:
    """Give a database in order, with a worker that lives for longer than any test."""
    url = postgres.database(migrated)
    engine = administering_engine(url)
    claim_for(engine, MARK, KEY)
    engine.dispose()
    places = (NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    found = Patient(tmp_path, tmp_path / "no.db", *places, postgres=url, key_mark=MARK)
    run(
        postgres,
        found,
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 h')",
    )
    return found


def name(patient: Patient) -> str:
    return str(patient.postgres).rpartition("/")[2]


def run(postgres: PostgresServer, patient: Patient, statement: str) -> None:
    postgres.sql(statement, name(patient))


def seen(patient: Patient) -> dict[str, tuple[Level, str, str]]:
    """Return what is more than fine, but that the tests' server keeps no times."""
    found = list(looks.look_at_postgres(patient))
    assert not [one for one in found if PASSWORD in f"{one.found} {one.do}"]
    bad = [one for one in found if one.level is not Level.OK and one.check != "statements"]
    assert all(one.do for one in bad if one.level is not Level.ABSENT)
    return {one.check: (one.level, one.found, one.do) for one in bad}


def test_a_database_that_is_in_order_is_said_to_be(patient: Patient) -> None:
    assert seen(patient) == {}
    found = [(one.check, one.found) for one in looks.look_at_postgres(patient)]
    words = " ".join(said for _, said in found)
    assert "it takes what it is given" in words
    assert "the key is that of the database" in words
    assert ("workers", "1 live") in found
    assert not list(looks.look_at_postgres(replace(patient, postgres=None)))


def test_nothing_is_left_in_the_database_by_looking(
    postgres: PostgresServer, patient: Patient
) -> None:
    before = postgres.sql("SELECT count(*) FROM notes", name(patient))
    seen(patient)
    assert postgres.sql("SELECT count(*) FROM notes", name(patient)) == before


def test_a_server_that_is_away_or_refuses_is_one_problem(patient: Patient) -> None:
    away = f"postgresql://vitrine:{PASSWORD}@127.0.0.1:{free_port()}/vitrine"
    level, said, do = seen(replace(patient, postgres=away))["database"]
    assert (level, "refused" in said, "pg_isready" in do) == (Level.PROBLEM, True, True)
    wrong = str(patient.postgres).replace(PASSWORD, "wrong")
    level, said, _ = seen(replace(patient, postgres=wrong))["database"]
    assert (level, "password authentication failed" in said) == (Level.PROBLEM, True)


def test_another_schema_than_this_versions_says_what_to_run(
    postgres: PostgresServer, patient: Patient
) -> None:
    run(postgres, patient, "UPDATE alembic_version SET version_num = '0001'")
    level, said, do = seen(patient)["database"]
    assert (level, "0001" in said, do) == (Level.PROBLEM, True, "vitrine migrate")
    run(postgres, patient, "UPDATE alembic_version SET version_num = '9999'")
    level, said, do = seen(patient)["database"]
    assert (level, "9999" in said, "newer" in do) == (Level.PROBLEM, True, True)
    empty = replace(patient, postgres=postgres.database())
    assert seen(empty)["database"][0] is Level.ABSENT


def test_a_database_that_only_reads_is_a_problem(
    postgres: PostgresServer, patient: Patient
) -> None:
    run(
        postgres,
        patient,
        f"ALTER DATABASE {name(patient)} SET default_transaction_read_only = on",
    )
    level, said, _ = seen(patient)["database"]
    assert (level, "read-only transaction" in said) == (Level.PROBLEM, True)


def test_a_role_that_may_make_no_tables_is_a_problem(
    postgres: PostgresServer, patient: Patient
) -> None:
    postgres.sql(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'narrow') THEN"
        f" CREATE ROLE narrow LOGIN PASSWORD '{PASSWORD}'; END IF; END $$",
        "postgres",
    )
    run(postgres, patient, "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO narrow")
    narrow = str(patient.postgres).replace("//vitrine:", "//narrow:")
    level, said, do = seen(replace(patient, postgres=narrow))["database"]
    assert (level, "may make no tables" in said, "GRANT CREATE" in do) == (
        Level.PROBLEM,
        True,
        True,
    )


def test_another_secret_or_none_is_a_problem(patient: Patient) -> None:
    level, said, do = seen(replace(patient, key_mark=mark_of(b"another")))["secrets"]
    assert (level, "by another key" in said, "VITRINE_SECRET" in do) == (Level.PROBLEM, True, True)
    level, said, _ = seen(replace(patient, key_mark=None))["secrets"]
    assert (level, "there is no key here" in said) == (Level.PROBLEM, True)


def test_a_transaction_that_stays_open_is_a_warning_with_what_ends_it(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LONG_S", 0.0)
    engine = administering_engine(str(patient.postgres))
    with engine.connect() as forgotten:
        pid = forgotten.execute(text("SELECT pg_backend_pid()")).scalar_one()
        level, said, do = seen(patient)["transactions"]
    assert (level, "idle in transaction" in said) == (Level.WARNING, True)
    assert f"pg_terminate_backend({pid})" in do
    assert "transactions" not in seen(patient)


def test_dead_rows_that_nobody_cleans_up_are_a_warning(
    postgres: PostgresServer, patient: Patient
) -> None:
    run(postgres, patient, "ALTER TABLE opinions SET (autovacuum_enabled = off)")
    columns = "site_version, fingerprint, features, certainty, provider, model, answered_at"
    run(
        postgres,
        patient,
        f"INSERT INTO opinions ({columns}) SELECT 'v', i, '', 0, 'p', 'm', 0"
        " FROM generate_series(1, 2000) i; UPDATE opinions SET certainty = 1;"
        " SELECT pg_stat_force_next_flush()",
    )
    level, said, do = seen(patient)["dead rows"]
    assert (level, said.startswith("opinions has 2,000")) == (Level.WARNING, True)
    run(postgres, patient, do.split('"')[3])
    assert "dead rows" not in seen(patient)


def test_rows_that_hold_something_else_are_a_problem_with_what_ends_it(
    postgres: PostgresServer, patient: Patient
) -> None:
    run(
        postgres,
        patient,
        "INSERT INTO visits (visitor, ordinal, started, last, events, features, confidence,"
        " held_out, conversions, converted, bot, burst_started, burst)"
        " SELECT n, 1, 0, 0, 1, CASE WHEN n > 2993 THEN '[' ELSE '{}' END, 0, false, 0, false,"
        " false, 0, 0 FROM generate_series(1, 3000) AS n",
    )
    level, said, do = seen(patient)["rows"]
    assert level is Level.PROBLEM
    assert said.startswith("7 of 3,000 visits hold something else than was written: id 2994")
    assert said.endswith(" and 2 more")
    run(postgres, patient, do.split('"')[3])
    assert seen(patient)["rows"][1].startswith("2 of 3,000 visits")


def test_times_of_the_server_are_advice_only(patient: Patient) -> None:
    (found,) = [one for one in looks.look_at_postgres(patient) if one.check == "statements"]
    assert (found.level, "CREATE EXTENSION" in found.do) == (Level.ABSENT, True)


def test_no_worker_jobs_that_wait_and_jobs_that_failed_are_found(
    postgres: PostgresServer, patient: Patient
) -> None:
    run(
        postgres,
        patient,
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'",
    )
    level, _, do = seen(patient)["workers"]
    assert (level, "vitrine worker" in do) == (Level.PROBLEM, True)
    run(
        postgres,
        patient,
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'retain');"
        " UPDATE procrastinate_events SET at = now() - interval '11 min'",
    )
    level, said, _ = seen(patient)["jobs"]
    assert (level, said) == (Level.PROBLEM, "1 wait, the oldest that is due for 11 min")
    run(postgres, patient, "UPDATE procrastinate_jobs SET status = 'failed'")
    level, said, _ = seen(patient)["jobs"]
    assert (level, said) == (Level.WARNING, "failed for good within 30 days: retain (1)")
