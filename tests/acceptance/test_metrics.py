"""`/metrics` of a live service: equal to the catalogue, private, bounded, quick."""

from __future__ import annotations

import gzip
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from unittest.mock import ANY

import pytest
from prometheus_client import Metric as Found
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import wait_for
from vitrine.catalogue.cache_server import CACHE_SERVER
from vitrine.catalogue.metric import OTHER, Kind
from vitrine.catalogue.metrics import CATALOGUE, POSTGRES, QUEUE

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
ML_VISIT: list[tuple[str, dict[str, object]]] = [
    ("project_click", {"project_id": "vision-api"}),
    ("skill_hover", {"skill_id": "pytorch", "duration_ms": 1_500}),
    ("deep_read", {"project_id": "nets-from-scratch", "duration_ms": 60_000}),
    ("section_view", {"section_id": "research", "duration_ms": 30_000}),
]


def drive(service: LiveService) -> None:
    """Touch everything that a caller can touch."""
    visit = [{"event_name": name, "event_params": params} for name, params in ML_VISIT]
    with service.client() as client:
        for number in range(20):
            who = {"user_pseudo_id": f"engineer-{number}"}
            client.post("/api/events", json={"events": [event | who for event in visit]})
            client.get(f"/api/personalization?user_id=engineer-{number}")
        client.get("/api/personalization?user_id=nobody")
        client.post("/api/events", json={"event_name": "nonsense"})
        client.post("/api/events", content=b"{")
        for path in ("/health", "/ready", "/openapi.json", "/nowhere", "/metrics/public"):
            client.get(path)
        client.request("ZORK", "/health")
    with service.client("Googlebot/2.1") as client:
        client.post("/api/events", json={"event_name": "download_resume"})


def scraped(service: LiveService, path: str = "/metrics") -> str:
    with service.client() as client:
        answer = client.get(path)
    answer.raise_for_status()
    return answer.text


def as_declared(found: Found) -> str:
    """Return a family's name as the catalogue spells it: the parser cuts counters short."""
    return f"{found.name}_total" if found.type == "counter" else found.name


def edges_of(found: Found) -> set[float]:
    return {
        float(sample.labels["le"]) for sample in found.samples if sample.name.endswith("_bucket")
    } - {float("inf")}


def label_names_of(found: Found) -> set[frozenset[str]]:
    return {frozenset(set(sample.labels) - {"le"}) for sample in found.samples}


NOT_BEFORE = {
    *(metric.name for metric in (*POSTGRES, *QUEUE)),
    *(metric.name for metric in CACHE_SERVER),
    "db_statement_index_use",
    "personalization_calibration_error_ratio",
    "personalization_calibration_ratio",
}
"""Series that say what was found: a plan when its statement first ran, a judgement once made,
and what only PostgreSQL and Redis say of themselves."""


def test_whatever_the_program_can_count_stands_at_0_before_it_happens(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    found = {as_declared(family): family for family in parse(scraped(service))}
    empty = {name for name, family in found.items() if not family.samples}
    assert empty <= NOT_BEFORE
    requests = {
        (s.labels["method"], s.labels["endpoint"], s.labels["status"])
        for s in found["api_requests_total"].samples
    }
    assert {
        ("POST", "/api/events", "202"),
        ("POST", "/api/events", "503"),
        ("GET", "/api/personalization", "500"),
        ("GET", "/health", "200"),
        ("GET", "unmatched", "404"),
    } <= requests
    timed = {
        (s.labels["method"], s.labels["endpoint"])
        for s in found["api_request_duration_seconds"].samples
    }
    assert {("POST", "/api/events"), ("GET", "/api/personalization")} <= timed
    assert not [endpoint for _, endpoint in timed if endpoint.startswith("/metrics")]


def test_a_database_that_is_held_shows_in_waits_and_slow_statements(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    event = {"event_name": "download_resume", "user_pseudo_id": "somebody"}
    traced = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}

    def shows() -> bool:
        """Hold the database while events come; a busy service may meet them only afterwards."""
        with (
            closing(sqlite3.connect(service.home / "vitrine.db", isolation_level=None)) as holder,
            service.client() as client,
            ThreadPoolExecutor(3) as pool,
        ):
            holder.execute("BEGIN IMMEDIATE")
            answers = []
            for _ in range(3):  # one after the other: those that come together wait as one
                call = pool.submit(client.post, "/api/events", json=event, headers=traced)
                answers.append(call)
                threading.Event().wait(0.4)
            holder.execute("ROLLBACK")
            assert {answer.result().status_code for answer in answers} <= {202, 503}
        slow = service.counts("db_slow_statements_total", "fingerprint")
        found = {as_declared(family): family for family in parse(scraped(service))}
        (waited,) = (s for s in found["db_pool_wait_seconds"].samples if s.name.endswith("_sum"))
        return any(name.startswith("begin") for name in slow) and waited.value > 0.1

    wait_for(shows, "what waits, and a slow statement")


def test_what_goes_wrong_and_what_is_turned_is_counted(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service(VITRINE_CACHE_ENTRIES="1")
    drive(service)
    assert service.counts("cache_evictions_total", "reason") == {"entries": ANY}
    token = {"authorization": f"Bearer {(service.home / 'admin-token').read_text()}"}
    with service.client() as client:
        client.put("/api/admin/switch", json={"on": False}, headers=token).raise_for_status()
        assert service.counts("personalization_on") == {}
        client.put("/api/admin/log-level", json={"level": "ERROR"}, headers=token)
        with closing(sqlite3.connect(service.home / "vitrine.db", timeout=60)) as database:
            database.execute("ALTER TABLE visits RENAME TO hidden")
        event = {"event_name": "download_resume", "user_pseudo_id": "stranger"}
        refused = client.post("/api/events", json=event)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    # What is done in the background may have failed as well.
    assert service.counts("db_errors_total", "operation")["record"] == 1
    assert service.counts("events_bots_total") == {"": 1}


def test_catalogue_and_scrape_are_equal(service: LiveService) -> None:
    drive(service)
    found = {as_declared(family): family for family in parse(scraped(service))}
    declared = {metric.name: metric for metric in CATALOGUE}
    assert set(found) == set(declared)
    for name, metric in declared.items():
        family = found[name]
        assert family.documentation == metric.help
        assert family.type == metric.kind.value
        if family.samples:
            assert label_names_of(family) == {frozenset(metric.label_names)}, name
        for label in metric.labels:
            seen = {sample.labels[label.name] for sample in family.samples}
            assert len(seen) <= label.most, name
            assert not label.values or seen <= {*label.values, OTHER}, name
        if metric.kind is Kind.HISTOGRAM and family.samples:
            assert edges_of(family) == set(metric.buckets), name


def test_openmetrics_carries_requests_as_exemplars(service: LiveService) -> None:
    drive(service)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with service.client() as client:
        answer = client.get(
            "/api/personalization?user_id=x",
            headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
        )
        assert answer.headers["x-request-id"] == trace
        text = client.get("/metrics", headers={"accept": OPENMETRICS})
    assert text.headers["content-type"].startswith("application/openmetrics-text")
    families = list(parse_openmetrics(text.text))  # type: ignore[no-untyped-call]
    assert not [family for family in families if family.name.endswith("_created")]
    (duration,) = (f for f in families if f.name == "api_request_duration_seconds")
    exemplars = [sample.exemplar for sample in duration.samples if sample.exemplar]
    assert trace in {exemplar.labels["trace_id"] for exemplar in exemplars}


def test_a_scrape_is_zipped_where_that_is_accepted(service: LiveService) -> None:
    with service.client() as client, client.stream("GET", "/metrics") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert b"# HELP" in gzip.decompress(b"".join(answer.iter_raw()))
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_metrics_are_private_and_the_public_ones_are_a_subset(service: LiveService) -> None:
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    token = (service.home / "metrics-token").read_text()
    with service.client() as client:
        refused = client.get("/metrics", headers=forwarded)
        assert refused.status_code == 401
        assert "metrics-token" in refused.json()["detail"]
        wrong = client.get("/metrics", headers={"authorization": "Bearer wrong"})
        assert wrong.status_code == 401
        right = client.get("/metrics", headers=forwarded | {"authorization": f"Bearer {token}"})
        assert right.status_code == 200
        public = client.get("/metrics/public", headers=forwarded)
    names = {as_declared(family) for family in parse(public.text)}
    assert names == {metric.name for metric in CATALOGUE if metric.public}


@pytest.fixture
def quiet(start_service: Callable[..., LiveService]) -> LiveService:
    return start_service(LOG_LEVEL="ERROR")


def test_hostile_requests_leave_a_bounded_scrape(quiet: LiveService) -> None:
    with quiet.client() as client:
        for number in range(1_000):
            client.request(f"M{number}", f"/{number}/x", headers={"user-agent": f"agent-{number}"})
            if number % 4 == 0:
                events = [
                    {"event_name": f"e{number}-{i}", "user_pseudo_id": f"u{number}-{i}"}
                    for i in range(50)
                ]
                client.post("/api/events", json={"events": events})
    series = [line for line in scraped(quiet).splitlines() if not line.startswith("#")]
    assert len(series) < 3_000
    assert not [line for line in series if "M99" in line or "/99" in line or "e99" in line]
