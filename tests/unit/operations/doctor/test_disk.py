"""What a doctor finds of the room that is left."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.external import STORED, STORED_LIMIT
from vitrine.operations.doctor import disk
from vitrine.operations.doctor.disk import DAY_S, GB, MB, grown_per_day, look_at_disk
from vitrine.operations.doctor.finding import Finding, Level
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.retention import look_at_samples


class Usage(NamedTuple):
    free: int


class Knowing(PrometheusApi):
    """A Prometheus that knows the sizes of so many days ago, and says what it has itself."""

    def __init__(self, sizes: Mapping[int, float], **own: float) -> None:
        super().__init__("http://127.0.0.1:1")
        self._sizes = sizes
        self._own = own

    def query(self, expression: str, at_s: float | None = None) -> list[dict[str, Any]]:
        assert expression == "max(db_size_bytes)"
        assert at_s is not None
        size = self._sizes.get(round((time.time() - at_s) / DAY_S))
        return [] if size is None else [{"value": [at_s, str(size)]}]

    def own_metrics(self) -> dict[str, list[tuple[Mapping[str, str], float]]]:
        return {name: [({}, value)] for name, value in self._own.items()}

    def flags(self) -> dict[str, str]:
        return {"storage.tsdb.retention.time": "14d"}

    def free_bytes(self) -> int | None:
        return shutil.disk_usage("/").free


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 50 * GB)


def free(monkeypatch: pytest.MonkeyPatch, size: float) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(round(size)))


def grows(monkeypatch: pytest.MonkeyPatch, sizes: Mapping[int, float]) -> None:
    monkeypatch.setattr(disk, "PrometheusApi", lambda _: Knowing(sizes))


def of(check: str, patient: Patient) -> Finding:
    (found,) = (one for one in look_at_disk(patient) if one.check == check)
    return found


@pytest.mark.parametrize(
    ("left", "level"), [(50 * GB, Level.OK), (0.5 * GB, Level.WARNING), (50 * MB, Level.PROBLEM)]
)
def test_a_disk_without_room_matters_the_more_the_fuller_it_is(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, left: float, level: Level
) -> None:
    free(monkeypatch, left)
    assert of("disk", patient).level is level


def test_growth_is_that_of_a_week_else_of_a_day_else_not_known() -> None:
    week = {0: 80 * MB, 1: 79 * MB, 7: 10 * MB}
    assert grown_per_day(Knowing(week)) == 10 * MB
    assert grown_per_day(Knowing({0: 80 * MB, 1: 79 * MB})) == 1 * MB
    assert grown_per_day(Knowing({0: 80 * MB})) is None


@pytest.mark.parametrize(
    ("per_day", "level"),
    [(1 * MB, Level.OK), (-1 * MB, Level.OK), (5 * GB, Level.WARNING), (30 * GB, Level.PROBLEM)],
)
def test_a_database_that_fills_its_disk_soon_matters_the_more_the_sooner(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, per_day: float, level: Level
) -> None:
    grows(monkeypatch, {0: 60 * GB, 1: 60 * GB - per_day})
    assert of("growth", patient).level is level


def test_without_prometheus_growth_is_absent(patient: Patient) -> None:
    assert of("growth", patient).level is Level.ABSENT


@pytest.mark.parametrize("limit", [10 * GB, 0.0])
def test_a_prometheus_whose_disk_has_no_room_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, limit: float
) -> None:
    prometheus = Knowing({}, **{STORED.name: 2 * GB, STORED_LIMIT.name: limit})
    (found,) = look_at_samples(prometheus)
    assert (found.level, "keeps 14d" in found.found) == (Level.OK, True)
    free(monkeypatch, 0.5 * GB)
    (found,) = look_at_samples(prometheus)
    assert (found.level, found.check) == (Level.WARNING, "retention")
