"""The service in a real Prometheus: the guide's queries answer with data."""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.acceptance.live import ONCE, LiveService
from tests.acceptance.prometheus import INSTALL, LivePrometheus, Sample, wait_for, wait_for_none
from tests.acceptance.visitors import visitors
from vitrine.monitoring.prometheus import Scrape, prometheus_yml
from vitrine.operations.prometheus import Prometheus

WRONG_TOKEN = "a token that nobody has given out"

API_MEAN = (
    "sum by (method, endpoint) (rate(api_request_duration_seconds_sum[5m]))"
    " / (sum by (method, endpoint) (rate(api_request_duration_seconds_count[5m])) > 0)"
)
API_P95 = "histogram_quantile(0.95, sum by (le) (rate(api_request_duration_seconds_bucket[5m])))"
API_SUCCESS = 'sum(rate(api_requests_total{status!~"5.."}[5m])) / sum(rate(api_requests_total[5m]))'
DB_MEAN = (
    "sum by (operation, table) (rate(db_query_duration_seconds_sum[5m]))"
    " / (sum by (operation, table) (rate(db_query_duration_seconds_count[5m])) > 0)"
)
DB_P99 = "histogram_quantile(0.99, sum by (le) (rate(db_query_duration_seconds_bucket[5m])))"
DB_LONG = (
    "sum(increase(db_query_duration_seconds_count[5m]))"
    ' - sum(increase(db_query_duration_seconds_bucket{le="5.0"}[5m]))'
)
HIT_RATE = (
    "sum(rate(cache_hits_total[5m]))"
    " / (sum(rate(cache_hits_total[5m])) + sum(rate(cache_misses_total[5m])))"
)
HIT_RATE_BY_PATTERN = (
    "sum by (key_pattern) (rate(cache_hits_total[5m]))"
    " / (sum by (key_pattern) (rate(cache_hits_total[5m]))"
    " + sum by (key_pattern) (rate(cache_misses_total[5m])) > 0)"
)
LIFETIME_HIT_RATE = "sum(cache_hits_total) / (sum(cache_hits_total) + sum(cache_misses_total))"

ROUTE = ("method", "endpoint")
STATEMENT = ("operation", "table")
SCRAPED = ("instance", "job")


class Asked(NamedTuple):
    """A query of the guide as we ship it: its heading there, and the labels promised."""

    heading: str
    query: str
    labels: tuple[str, ...] = ()
    least: float = 0.0
    most: float = math.inf


SHIPPED = (
    Asked("API: average response time", API_MEAN, ROUTE, 1e-6, 10),
    Asked("API: 95th percentile response time", API_P95, (), 1e-6, 10),
    Asked(
        "API: requests per second",
        "sum by (method, endpoint, status) (rate(api_requests_total[1m]))",
        (*ROUTE, "status"),
    ),
    Asked("API: target, success rate", API_SUCCESS, (), 0.99, 1),
    Asked("Database: average query duration", DB_MEAN, STATEMENT, 1e-6, 10),
    Asked("Database: slow queries", DB_P99, (), 1e-6, 10),
    Asked(
        "Database: query count by operation",
        "sum by (operation) (rate(db_queries_total[1m]))",
        ("operation",),
    ),
    Asked("Database: target, no long-running queries", DB_LONG, (), 0),
    Asked("Cache: hit rate", HIT_RATE, (), 0.01, 1),
    Asked("Cache: hit trend", HIT_RATE_BY_PATTERN, ("key_pattern",), 0.01, 1),
    Asked("Cache: hit rate since the start", LIFETIME_HIT_RATE, (), 0.01, 1),
    Asked("System: connection utilization", "active_db_connections / db_pool_size", SCRAPED, 0, 1),
    Asked("System: connection trend", "deriv(active_db_connections[5m])", SCRAPED, -math.inf),
)
AS_IN_THE_GUIDE = (
    Asked(
        "API: average response time",
        "rate(api_request_duration_seconds_sum[5m]) / rate(api_request_duration_seconds_count[5m])",
        (*ROUTE, *SCRAPED),
    ),
    Asked(
        "API: 95th percentile response time",
        "histogram_quantile(0.95, rate(api_request_duration_seconds_bucket[5m]))",
        (*ROUTE, *SCRAPED),
    ),
    Asked("API: requests per second", "rate(api_requests_total[1m])", (*ROUTE, "status", *SCRAPED)),
    Asked(
        "Database: average query duration",
        "rate(db_query_duration_seconds_sum[5m]) / rate(db_query_duration_seconds_count[5m])",
        (*STATEMENT, *SCRAPED),
    ),
    Asked(
        "Database: slow queries",
        "histogram_quantile(0.99, rate(db_query_duration_seconds_bucket[5m]))",
        (*STATEMENT, *SCRAPED),
    ),
    Asked(
        "Database: query count by operation",
        "sum(rate(db_queries_total[1m])) by (operation)",
        ("operation",),
    ),
    Asked(
        "Cache: hit rate",
        "cache_hits_total / (cache_hits_total + cache_misses_total)",
        ("key_pattern", *SCRAPED),
    ),
    Asked(
        "Cache: hit trend",
        "rate(cache_hits_total[5m]) / (rate(cache_hits_total[5m]) + rate(cache_misses_total[5m]))",
        ("key_pattern", *SCRAPED),
    ),
    Asked("System: connection utilization", "active_db_connections / 20", SCRAPED),
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePrometheus]:
    """Give a Prometheus that has scraped a busy service, also once with a wrong token."""
    root = tmp_path_factory.mktemp("watched")
    service = LiveService(root / "home")
    try:
        wrong = root / "wrong-token"
        wrong.write_text(WRONG_TOKEN)
        target = f"127.0.0.1:{service.port}"
        right = Scrape("vitrine", target, service.home / "metrics-token")
        configuration = prometheus_yml([right, Scrape("wrong", target, wrong)], every_s=1)
        prometheus = LivePrometheus(root / "prometheus", configuration)
        try:
            with visitors(service):
                prometheus.data(HIT_RATE)
                yield prometheus
        finally:
            prometheus.end()
    finally:
        service.end()


@pytest.mark.parametrize("asked", SHIPPED, ids=lambda asked: asked.heading)
def test_a_query_of_the_guide_in_the_form_that_we_ship_answers(
    asked: Asked, watched: LivePrometheus
) -> None:
    def right(sample: Sample) -> bool:
        named = set(sample.labels) == set(asked.labels)
        return named and asked.least <= sample.value <= asked.most and math.isfinite(sample.value)

    def wrong() -> list[Sample] | str:
        found = watched.query(asked.query)
        return [sample for sample in found if not right(sample)] if found else "nothing"

    wait_for_none(wrong, "rate that has not seen traffic")


@pytest.mark.parametrize("asked", AS_IN_THE_GUIDE, ids=lambda asked: asked.heading)
def test_a_query_of_the_guide_as_it_stands_there_answers_too(
    asked: Asked, watched: LivePrometheus
) -> None:
    for sample in watched.data(asked.query):
        assert set(sample.labels) == set(asked.labels)
        assert sample.value >= 0


def test_traffic_is_seen_under_the_route_that_served_it(watched: LivePrometheus) -> None:
    def seen() -> set[tuple[str, str, str]]:
        found = watched.data("api_requests_total > 0")
        return {
            (one.labels["method"], one.labels["endpoint"], one.labels["status"]) for one in found
        }

    expected = {
        ("POST", "/api/events", "202"),
        ("GET", "/api/personalization", "200"),
        ("GET", "/health", "200"),
        ("GET", "unmatched", "404"),
    }
    wait_for(lambda: expected <= seen(), f"{expected}")


def test_the_target_is_up(watched: LivePrometheus) -> None:
    assert watched.target("vitrine")["lastError"] == ""


def test_a_wrong_token_takes_the_target_down(watched: LivePrometheus) -> None:
    assert "401" in watched.target("wrong", "down")["lastError"]


def test_requests_are_kept_as_exemplars(watched: LivePrometheus) -> None:
    now = time.time()

    def exemplars() -> list[dict[str, str]]:
        found = watched.get(
            "query_exemplars",
            query="api_request_duration_seconds_bucket",
            start=now - 60,
            end=now + 60,
        )
        return [one["labels"] for series in found for one in series["exemplars"]]

    for labels in wait_for(exemplars, "exemplars"):
        assert set(labels) == {"trace_id"}
        assert labels["trace_id"]


def test_the_generated_configuration_is_in_order(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool is not None, INSTALL
    Prometheus(Path("prometheus"), tmp_path, 9090, "a token").configure("127.0.0.1:8000")
    checked = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "SUCCESS" in checked.stdout


def test_a_forwarded_request_needs_the_token(service: LiveService) -> None:
    token = (service.home / "metrics-token").read_text()
    forwarded = {"x-forwarded-for": "203.0.113.7"}

    def status(**headers: str) -> int:
        sent = {**forwarded, **headers}
        return ONCE.get(f"{service.url}/metrics", headers=sent).status_code

    assert status() == 401
    assert status(authorization=f"Bearer {WRONG_TOKEN}") == 401
    assert status(authorization=f"Bearer {token}") == 200


def test_the_page_shows_exactly_the_queries_that_are_asked_here() -> None:
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    queries = page.partition("## Key metrics")[2].partition("## Objectives")[0]
    before, _, after = queries.partition("**LLM**")  # asked where models are, test_model_service.py
    queries = before + after.partition("**System resources**")[2]
    rows = [line.split(" | ") for line in queries.splitlines() if line.startswith("| ")]
    shown = {row[1].strip("`") for row in rows if row[1].startswith("`")}
    assert shown == {one.query for one in SHIPPED}
