"""What a doctor finds in a home, without any service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from vitrine.operations.doctor.finding import Finding, Level, guarded, ok
from vitrine.operations.doctor.home import look_at_home
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.workers.targets import FILE as TARGETS
from vitrine.operations.workers.targets import scrape_targets


def seen(patient: Patient) -> dict[str, tuple[Level, str]]:
    """Return the findings that are more than fine, else all."""
    found = list(look_at_home(patient))
    bad = [finding for finding in found if finding.level is not Level.OK]
    return {finding.check: (finding.level, finding.found) for finding in bad or found}


def test_a_home_that_is_in_order_is_said_to_be(patient: Patient) -> None:
    assert seen(patient) == {
        "home": (Level.OK, f"{patient.home} is its owner's alone"),
        "secrets": (Level.OK, "metrics-token, secret"),
    }


def test_no_home_at_all_is_the_only_thing_to_say(patient: Patient) -> None:
    nowhere = replace(patient, home=patient.home / "no")
    assert seen(nowhere) == {"home": (Level.PROBLEM, f"there is none at {nowhere.home}")}


def test_what_others_may_enter_or_read_is_a_problem(patient: Patient) -> None:
    patient.home.chmod(0o755)
    (patient.home / "secret").chmod(0o640)
    assert seen(patient) == {
        "home": (Level.PROBLEM, f"others of this machine can enter {patient.home}"),
        "secrets": (Level.PROBLEM, f"others can read {patient.home / 'secret'}"),
    }


def test_where_workers_are_scraped_is_for_others_to_read(patient: Patient) -> None:
    with scrape_targets(patient.home, [20_001]):
        (patient.home / TARGETS).chmod(0o644)
        assert "secrets" not in {one.check for one in look_at_home(patient) if one.level != "ok"}


def test_a_key_that_is_gone_while_there_are_visits_is_a_problem(patient: Patient) -> None:
    (patient.home / "secret").unlink()
    level, found = seen(patient)["secrets"]
    assert (level, "every visitor in the database is a stranger" in found) == (Level.PROBLEM, True)
    assert "secrets" not in {
        one.check for one in look_at_home(replace(patient, key_outside=True)) if one.level != "ok"
    }


def test_in_a_new_home_nothing_is_missing_yet(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir(mode=0o700)
    new = replace(patient, home=tmp_path / "new", database=tmp_path / "new" / "vitrine.db")
    assert {level for level, _ in seen(new).values()} == {Level.ABSENT}


def test_an_empty_secret_is_a_problem(patient: Patient) -> None:
    (patient.home / "metrics-token").write_text("")
    assert seen(patient)["secrets"][0] is Level.PROBLEM


def test_a_check_that_falls_over_is_a_finding_and_no_traceback() -> None:
    def nonsense() -> Iterator[Finding]:
        yield ok("targets", "up: vitrine")
        raise KeyError("health")

    found = list(guarded("targets", nonsense()))
    assert [finding.level for finding in found] == [Level.OK, Level.PROBLEM]
    assert found[1].found == "it could not be judged (KeyError)"
