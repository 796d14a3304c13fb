from __future__ import annotations

from typing import Any

from rich.console import Console, RenderableType

from vitrine.operations.overview import addresses, answers, events, one_line, overview, visits
from vitrine.operations.stack import Part, State

COUNTED: dict[str, list[tuple[dict[str, str], float]]] = {
    "events_received_total": [
        ({"event": "project_click", "receipt": "accepted"}, 1_000.0),
        ({"event": "deep_read", "receipt": "accepted"}, 234.0),
        ({"event": "deep_read", "receipt": "duplicate"}, 5.0),
        ({"event": "deep_read", "receipt": "rejected"}, 7.0),
    ],
    "events_rejected_total": [
        ({"reason": "bot"}, 6.0),
        ({"reason": "owner"}, 1.0),
        ({"reason": "too_old"}, 0.0),
    ],
    "events_bots_total": [
        ({"reason": "listed", "category": "search-engine"}, 4.0),
        ({"reason": "burst", "category": "none"}, 2.0),
    ],
    "events_visits_total": [({}, 20.0)],
    "personalization_decisions_total": [
        ({"segment": "STUDENT", "visit": "first"}, 2.0),
        ({"segment": "CASUAL", "visit": "later"}, 1.0),
        ({"segment": "RECRUITER", "visit": "later"}, 0.0),
    ],
    "personalization_served_total": [
        ({"segment": "none", "variant": "default", "visit": "first"}, 3.0),
        ({"segment": "STUDENT", "variant": "personalized", "visit": "first"}, 7.0),
    ],
    "cache_hits_total": [({"key_pattern": "decision"}, 9.0)],
    "cache_misses_total": [({"key_pattern": "decision"}, 1.0)],
    "db_errors_total": [({"operation": "record"}, 3.0)],
}
SUMMARY: dict[str, Any] = {
    metric: [{"labels": labels, "value": value} for labels, value in series]
    for metric, series in COUNTED.items()
}


def shown(what: RenderableType) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_events_are_counted_by_receipt_refusal_and_bot() -> None:
    assert events(SUMMARY) == {
        "accepted": 1_234,
        "duplicate": 5,
        "rejected: bot": 6,
        "rejected: owner": 1,
        "bot: search-engine": 4,
        "bot: burst": 2,
    }


def test_visits_and_answers_are_counted() -> None:
    assert visits(SUMMARY) == {
        "visits": 20,
        "decided": 3,
        "CASUAL": 1,
        "STUDENT": 2,
        "decided in the first visit": 2,
    }
    assert answers(SUMMARY) == {
        "default": 3,
        "personalized": 7,
        "cache hits": 9,
        "cache misses": 1,
        "store failures": 3,
    }


def test_before_anything_has_happened_there_is_nothing() -> None:
    everything = {**events({}), **visits({}), **answers({})}
    assert set(everything.values()) == {0}
    assert "store failures" not in everything
    assert "accepted 0" in one_line({})


def test_the_overview_shows_counts_parts_and_messages() -> None:
    parts = [Part("service", [], state=State.RUNNING, restarts=2), Part("replay", [])]
    text = shown(overview(SUMMARY, parts, ["service ended [killed] and is started again"]))
    assert "1,234" in text
    assert "service running (2 restarts), replay starting" in text
    assert "service ended [killed] and is started again" in text


def test_one_line_is_one_line() -> None:
    line = one_line(SUMMARY)
    assert "\n" not in line
    assert "accepted 1,234" in line
    assert "store failures 3" in line


def test_addresses_are_shown_as_they_are() -> None:
    where = "http://[fd00::1]:8000/health"
    assert where in shown(addresses([("health", where)]))
