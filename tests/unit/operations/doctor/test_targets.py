"""What a doctor finds of what Prometheus watches."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Level
from vitrine.operations.doctor.targets import look_at_targets


class Watching(PrometheusApi):
    """A Prometheus that says what a test wants."""

    def __init__(self, *targets: dict[str, Any]) -> None:
        super().__init__("http://127.0.0.1:1")
        self._targets = targets

    def data(self, *_args: Any, **_options: Any) -> Any:
        return {"activeTargets": list(self._targets)}


def target(ago_s: float = 3.0, health: str = "up", job: str = "vitrine") -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    return {
        "labels": {"job": job, "instance": "127.0.0.1:8000"},
        "health": health,
        "lastError": "connection refused" if health == "down" else "",
        "lastScrape": f"{at:%Y-%m-%dT%H:%M:%S.%f}789Z",  # nanoseconds, as Go writes them
        "scrapeInterval": "15s",
    }


def seen(*targets: dict[str, Any]) -> list[tuple[Level, str]]:
    return [(one.level, one.found) for one in look_at_targets(Watching(*targets))]


def test_what_is_up_and_was_scraped_of_late_is_fine() -> None:
    assert seen(target(), target(job="prometheus")) == [
        (Level.OK, "up, and scraped of late: prometheus, vitrine")
    ]


def test_what_was_not_scraped_for_long_is_a_problem_though_it_was_up_then() -> None:
    ((level, found),) = seen(target(ago_s=300))
    assert level is Level.PROBLEM
    assert re.fullmatch(r"vitrine at 127\.0\.0\.1:8000 was last scraped 3\d\d s ago", found)


def test_what_is_down_is_a_problem_and_what_was_not_scraped_yet_a_warning() -> None:
    found = seen(target(health="down"), target(health="unknown", job="other"))
    assert [level for level, _ in found] == [Level.PROBLEM, Level.WARNING]


def test_nobody_who_watches_the_service_is_a_problem() -> None:
    assert seen(target(job="other"))[-1][0] is Level.PROBLEM
