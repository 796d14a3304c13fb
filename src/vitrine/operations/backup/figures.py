"""What a Prometheus answers about the past: the proof that another one holds the same."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vitrine.adapters.prometheus_api import PrometheusApi

EVERYTHING = '{__name__!=""}'
TIMES = 5
"""At how many times, evenly spread over what is kept, every sample is read."""
WINDOW_MS = 60_000
SETTLED_MS = 5_000
"""What is younger may still arrive."""
FARTHEST_MS = 2**62
"""Prometheus says the largest or smallest of numbers where it holds nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Every sample of the minute that ends at `at_ms`, as a count and a checksum."""

    at_ms: int
    samples: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What is held from `since_ms` to `until_ms` in the series that `selector` selects.

    `labels` is the checksum of all label sets. Where nothing is held, both times are 0.
    """

    version: str
    selector: str
    since_ms: int
    until_ms: int
    series: int
    labels: str
    answers: tuple[Answer, ...]


def figures(prometheus: PrometheusApi, selector: str, until_ms: int | None = None) -> Figures:
    """Return what is held until a time, else until what is still arriving."""
    since, newest = _range(prometheus)
    until = newest - SETTLED_MS if until_ms is None else until_ms
    version = prometheus.version()
    if since is None or until < since:
        return Figures(version, selector, 0, 0, 0, _checksum([]), ())
    asked = {"match[]": selector, "start": f"{since / 1000:.3f}", "end": f"{until / 1000:.3f}"}
    labels = sorted(json.dumps(one, sort_keys=True) for one in prometheus.data("series", asked))
    times = [since + (until - since) * number // TIMES for number in range(1, TIMES + 1)]
    answers = tuple(_answer(prometheus, selector, at) for at in times)
    return Figures(version, selector, since, until, len(labels), _checksum(labels), answers)


def differences(promised: Figures, found: Figures) -> Iterator[str]:
    """Yield in words what one holds and the other does not."""
    if promised.series != found.series:
        yield f"{found.series:,} series instead of {promised.series:,}"
    elif promised.labels != found.labels:
        yield "series with other labels"
    if promised.since_ms != found.since_ms:
        yield f"begins at {moment(found.since_ms)} instead of {moment(promised.since_ms)}"
    answers = {answer.at_ms: answer for answer in found.answers}
    for answer in promised.answers:
        other = answers.get(answer.at_ms)
        if other is None or other.samples != answer.samples:
            count = other.samples if other else 0
            yield (
                f"{count:,} samples instead of {answer.samples:,} in the minute before"
                f" {moment(answer.at_ms)}"
            )
        elif other.sha256 != answer.sha256:
            yield f"other values in the minute before {moment(answer.at_ms)}"


def moment(at_ms: int) -> str:
    """Return a time as people read it, to the second."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _range(prometheus: PrometheusApi) -> tuple[int | None, int]:
    """Return the oldest time that is held, if any, and the newest, in milliseconds."""
    said = prometheus.own_metrics()
    oldest, newest = (
        said[name][0][1]
        for name in ("prometheus_tsdb_lowest_timestamp", "prometheus_tsdb_head_max_time")
    )
    now = datetime.now(UTC).timestamp() * 1000
    return (
        int(oldest) if abs(oldest) < FARTHEST_MS else None,
        # A store that takes nothing has blocks alone, whose end it does not tell.
        int(newest if math.isfinite(newest) and abs(newest) < FARTHEST_MS else now),
    )


def _answer(prometheus: PrometheusApi, selector: str, at_ms: int) -> Answer:
    """Read every sample of a minute.

    Versions differ in whether its first moment belongs to it (3.x leaves it out); here it never
    does.
    """
    after_s = (at_ms - WINDOW_MS) / 1000
    lines, samples = [], 0
    for series in prometheus.query(f"{selector}[{WINDOW_MS // 1000}s]", at_ms / 1000):
        values = [(at, value) for at, value in series["values"] if at > after_s]
        samples += len(values)
        if values:
            lines.append(json.dumps([series["metric"], values], sort_keys=True))
    return Answer(at_ms, samples, _checksum(sorted(lines)))


def _checksum(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
