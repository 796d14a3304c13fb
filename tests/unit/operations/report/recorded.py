"""A subject whose Prometheus answers what was recorded of one, by words of the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.domain.period import Period
from vitrine.monitoring.links import LOCAL
from vitrine.operations.report.period import DAY_S, Span
from vitrine.operations.report.questions import Questions
from vitrine.operations.report.subject import Subject

END = 1_790_000_000.0
Series = tuple[Mapping[str, str], float]


class Recorded(PrometheusApi):
    """Answers with the first recording whose words stand in the query; `before` before `END`."""

    def __init__(
        self,
        now: Mapping[str, Sequence[Series]],
        before: Mapping[str, Sequence[Series]] | None = None,
        curves: Mapping[str, Sequence[tuple[float, float]]] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__("http://prometheus.invalid")
        self._now, self._before = now, before or {}
        self._curves, self._data = curves or {}, data or {}

    def query(self, expression: str, at_s: float | None = None) -> list[dict[str, Any]]:
        said = self._now if at_s == END else self._before
        found = next((series for words, series in said.items() if words in expression), ())
        return [{"metric": labels, "value": [at_s, str(float(value))]} for labels, value in found]

    def data(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, method: str = "GET"
    ) -> Any:
        if path != "query_range":
            if path not in self._data:
                raise ApiError(f"nothing was recorded of {path}")
            return self._data[path]
        assert parameters is not None
        found = {
            words: curve for words, curve in self._curves.items() if words in parameters["query"]
        }
        start, end = parameters["start"], parameters["end"]
        return {
            "result": [
                {
                    "metric": {"job": "prometheus", "alertname": words, "severity": "warning"},
                    "values": [[at, str(value)] for at, value in curve if start <= at <= end],
                }
                for words, curve in found.items()
            ]
        }


def one(value: float, **labels: str) -> list[Series]:
    return [(labels, value)]


def subject(
    prometheus: Recorded, period: Period = Period.WEEKLY, log: Path | None = None,
    backups: Path | None = None,
) -> Subject:  # fmt: skip
    return Subject(Questions(prometheus, Span(period, END)), LOCAL, log, backups)


KNOWN_BEFORE = {"count_over_time(": one(10_000.0)}
"""Enough minutes to compare a week with."""
HOURS = [END - 6 * DAY_S + hour * 3_600 for hour in range(6 * 24)]
