from __future__ import annotations

import json

import numpy as np
import pytest

from bench.openloop.outcomes import (
    CONNECTION,
    NO_RETRY_AFTER,
    TIMEOUT,
    Outcomes,
    Request,
    latency_of,
)
from bench.openloop.report import Report, report_of


def ended(*found: tuple[str, int, int, float]) -> Outcomes:
    """Return outcomes of (kind, status that is expected, status, seconds)."""
    outcomes = Outcomes(len(found))
    for index, (kind, expects, status, seconds) in enumerate(found):
        outcomes.begin(index, Request(kind, expects, b""), lag=0.001)
        outcomes.end(index, status, seconds)
    return outcomes


def test_each_percentile_is_a_latency_that_was_measured() -> None:
    found = latency_of(np.arange(1, 101, dtype=np.float32))
    assert found == (100, 50.0, 95.0, 99.0, 100.0)
    assert latency_of(np.array([7.0], np.float32)) == (1, 7.0, 7.0, 7.0, 7.0)


def test_of_nothing_there_is_no_latency() -> None:
    assert latency_of(np.array([], np.float32)).requests == 0


def test_kinds_have_latencies_of_their_own() -> None:
    outcomes = ended(("a", 200, 200, 1.0), ("b", 202, 202, 3.0), ("a", 200, 200, 2.0))
    assert outcomes.latency("a")[:2] == (2, 1.0)
    assert outcomes.latency("b").most == outcomes.latency().most == 3.0
    assert outcomes.latency("c").requests == 0


def test_whatever_is_not_as_documented_is_an_error_by_its_kind() -> None:
    outcomes = ended(
        ("a", 200, 200, 0.1),
        ("a", 200, 404, 0.1),
        ("a", 202, 200, 0.1),
        ("b", 202, 503, 0.1),
        ("b", 202, NO_RETRY_AFTER, 0.1),
        ("b", 202, TIMEOUT, 10.0),
        ("b", 202, CONNECTION, 0.1),
    )
    assert outcomes.errors() == {
        "a: status 404": 1,
        "a: status 200": 1,
        "b: status 503": 1,
        "b: status 503 without Retry-After": 1,
        "b: timeout": 1,
        "b: connection": 1,
    }


@pytest.mark.parametrize(("lag", "kept_up"), [(0.001, True), (0.1, False)])
def test_a_generator_that_was_late_itself_says_so(lag: float, kept_up: bool) -> None:
    outcomes = Outcomes(1)
    outcomes.begin(0, Request("a", 200, b""), lag)
    outcomes.end(0, 200, 0.2)
    assert report_of(outcomes, 1.0, 0.5).kept_up is kept_up


def test_a_report_survives_its_way_through_json() -> None:
    report = report_of(ended(("a", 200, 200, 1.0), ("b", 202, TIMEOUT, 3.0)), 2.0, 0.5)
    assert Report.load(json.loads(json.dumps(report.dump()))) == report
    assert report.failed == 1
