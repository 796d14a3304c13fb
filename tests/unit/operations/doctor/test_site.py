"""What a doctor finds of the site file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vitrine.adapters.database.owner import claim_for
from vitrine.adapters.database.sqlite.engine import sqlite_engine
from vitrine.operations.doctor.finding import Level
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.site import look_at_site


def test_a_site_in_order_is_said_to_be(patient: Patient) -> None:
    (found,) = look_at_site(patient)
    assert (found.level, found.found.split()[0]) == (Level.OK, "portfolio")


def test_a_site_file_that_is_not_there_is_a_problem(patient: Patient, tmp_path: Path) -> None:
    (found,) = look_at_site(replace(patient, site=str(tmp_path / "no.yaml")))
    assert found.level is Level.PROBLEM
    assert "neither a file nor a shipped site" in found.found
    assert f"vitrine check {tmp_path / 'no.yaml'}" in found.do


def test_each_mistake_in_a_site_file_is_a_problem(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("id: 7\nsections: none\n")
    found = list(look_at_site(replace(patient, site=str(tmp_path / "site.yaml"))))
    assert {one.level for one in found} == {Level.PROBLEM}
    assert len(found) > 1


def test_a_database_of_another_site_is_a_warning(patient: Patient) -> None:
    engine = sqlite_engine(patient.database, 1)
    claim_for(engine, "shop")
    engine.dispose()
    *_, found = look_at_site(patient)
    assert (found.level, "belongs to the site shop" in found.found) == (Level.WARNING, True)
