"""One suite for every `SeriesStore`: one that is written down, and a real Prometheus."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from tests.acceptance.prometheus import LivePrometheus
from tests.series import Points, WrittenSeries
from vitrine.adapters.prometheus_series import PrometheusSeriesStore
from vitrine.operations.server import free_port
from vitrine.usecases.monitoring_ports import (
    Grid,
    Labels,
    MonitoringUnavailableError,
    QuestionRefusedError,
    SeriesStore,
)

NOON = int(time.time()) // 3_600 * 3_600 - 86_400
"""In seconds; yesterday, which is still kept."""
SERIES: Mapping[str, list[tuple[Labels, Points]]] = {
    "things": [
        ({"job": "a"}, {NOON + at: float(at) for at in range(0, 601, 60)}),
        ({"job": "b"}, {NOON + at: 1.5 for at in range(10, 131, 60)}),
    ],
    "odd": [({"job": 'with "quotes"'}, {NOON: float("nan")})],
}


def _openmetrics() -> str:
    lines = []
    for name, found in SERIES.items():
        lines.append(f"# TYPE {name} gauge")
        for labels, points in found:
            job = labels["job"].replace('"', '\\"')
            lines += [f'{name}{{job="{job}"}} {value} {at}' for at, value in points.items()]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePrometheus]:
    """Give a real Prometheus that has measured exactly these series."""
    root = tmp_path_factory.mktemp("series")
    (root / "series.txt").write_text(_openmetrics())
    promtool = shutil.which("promtool")
    assert promtool is not None
    written, made = str(root / "series.txt"), str(root / "prometheus" / "data")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", written, made]
    subprocess.run(command, check=True, capture_output=True)
    running = LivePrometheus(root / "prometheus", "global: {}\n")
    yield running
    running.end()


@pytest.fixture(params=["written", "prometheus"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[SeriesStore]:
    if request.param == "written":
        yield WrittenSeries(SERIES, lambda _query: None)
        return
    real = PrometheusSeriesStore(request.getfixturevalue("prometheus").url)
    yield real
    await real.close()


async def test_present_values_are_those_of_the_time_asked_for(store: SeriesStore) -> None:
    found = await store.at("things", NOON + 125)
    assert {sample.labels["job"]: sample.value for sample in found} == {"a": 120.0, "b": 1.5}
    later = await store.at("things", NOON + 600)
    assert {sample.labels["job"]: sample.value for sample in later} == {"a": 600.0}


async def test_what_was_never_measured_has_no_series(store: SeriesStore) -> None:
    assert list(await store.at("things", NOON - 10_000)) == []
    assert list(await store.over("things", Grid(NOON - 10_000, NOON - 9_000, 100))) == []
    assert list(await store.values("job", "things", NOON - 90_000, NOON - 80_000)) == []


async def test_values_over_time_stand_on_the_grid_with_gaps_where_there_are_none(
    store: SeriesStore,
) -> None:
    curves = await store.over("things", Grid(NOON - 120, NOON + 720, 60))
    found = {curve.labels["job"]: list(curve.values) for curve in curves}
    assert found["a"] == [None, None, *(float(at) for at in range(0, 601, 60)), 600.0, 600.0]
    assert found["b"] == [*[None] * 3, *[1.5] * 7, *[None] * 5]


async def test_no_number_is_told_apart_from_none(store: SeriesStore) -> None:
    (sample,) = await store.at("odd", NOON)
    assert sample.value != sample.value
    assert sample.labels["job"] == 'with "quotes"'


async def test_the_values_of_a_label_are_those_of_the_series_selected(store: SeriesStore) -> None:
    assert list(await store.values("job", "things", NOON, NOON + 600)) == ["a", "b"]
    assert list(await store.values("job", "odd", NOON, NOON + 600)) == ['with "quotes"']


async def test_a_question_that_cannot_be_understood_is_refused_with_the_reason(
    store: SeriesStore,
) -> None:
    with pytest.raises(QuestionRefusedError, match="parse"):
        await store.at("things{", NOON)
    with pytest.raises(QuestionRefusedError, match="parse"):
        await store.over("sum by (", Grid(NOON, NOON + 60, 60))


async def test_where_nobody_answers_it_says_so() -> None:
    real = PrometheusSeriesStore(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(MonitoringUnavailableError, match=r"no Prometheus answers at http://127"):
        await real.at("things", NOON)
    await real.close()


async def test_a_scalar_is_one_series_without_labels(prometheus: LivePrometheus) -> None:
    real = PrometheusSeriesStore(prometheus.url)
    (sample,) = await real.at("42", NOON)
    assert (dict(sample.labels), sample.value) == ({}, 42.0)
    await real.close()
