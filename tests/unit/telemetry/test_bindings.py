from __future__ import annotations

import inspect
import io
import json
from typing import Any, get_args

import pytest

from tests.service import PERSON, RECRUITED, Parts
from vitrine.domain.event import RejectionReason
from vitrine.signals import (
    BotReason,
    BotRecognised,
    CacheEvicted,
    CacheLooked,
    DefaultReason,
    DutyFailed,
    EventsReceived,
    PersonalizationServed,
    PersonalizationSwitched,
    Receipt,
    RequestFailed,
    RulesRefreshed,
    ServiceStarted,
    ServiceStopped,
    Signal,
    StoreFailed,
    Variant,
    VisitSegmented,
)
from vitrine.telemetry.bindings import BINDINGS, Telemetry
from vitrine.telemetry.logs import JsonLog

OWN = ["timestamp", "level", "logger", "message", "module", "function", "line"]
EXAMPLES: list[Signal] = [
    EventsReceived(
        {
            ("project_click", Receipt.ACCEPTED, None): 3,
            ("project_click", Receipt.DUPLICATE, None): 1,
            ("unknown", Receipt.REJECTED, RejectionReason.UNKNOWN_EVENT): 2,
        },
        1,
    ),
    BotRecognised(BotReason.LISTED, "search-engine", 4),
    VisitSegmented("0f" * 16, "STUDENT", 0.8123, 5, True, True),
    PersonalizationServed(None, Variant.DEFAULT, True, DefaultReason.UNKNOWN_VISITOR),
    CacheLooked("decision", True),
    CacheEvicted("bytes"),
    StoreFailed("record", "OperationalError"),
    RulesRefreshed("ab12", 100, True),
    PersonalizationSwitched(False),
    ServiceStarted("0.1.0", "small", ".vitrine"),
    ServiceStopped("asked to"),
    DutyFailed("analyse", "ValueError()"),
    RequestFailed("/health", "Traceback: ValueError"),
]


class Heard:
    """A telemetry with everything that it wrote."""

    def __init__(self, level: str = "DEBUG") -> None:
        self._stream = io.BytesIO()
        self._log = JsonLog(self._stream, level)
        self.telemetry = Telemetry(self._log)

    def lines(self) -> list[dict[str, Any]]:
        self._log.close()
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_every_signal_has_a_binding_and_every_binding_a_signal() -> None:
    assert set(BINDINGS) == set(get_args(Signal))
    assert {type(signal) for signal in EXAMPLES} == set(get_args(Signal))


@pytest.mark.parametrize("signal", EXAMPLES, ids=lambda signal: type(signal).__name__)
def test_every_signal_counts_and_makes_at_most_one_line_of_the_design(signal: Signal) -> None:
    heard = Heard()
    heard.telemetry(signal)
    assert heard.telemetry.tally.total() > 0
    lines = heard.lines()
    assert len(lines) == (BINDINGS[type(signal)].message is not None)
    for line in lines:
        assert list(line)[:7] == OWN
        assert line["message"] == BINDINGS[type(signal)].message
        assert line["module"] == "test_bindings"


def test_the_line_names_the_code_that_announced() -> None:
    heard = Heard()
    here = inspect.currentframe()
    assert here is not None
    line = here.f_lineno + 1
    heard.telemetry(ServiceStopped("asked to"))
    (said,) = heard.lines()
    assert said["logger"] == __name__
    assert said["module"] == "test_bindings"
    assert said["function"] == "test_the_line_names_the_code_that_announced"
    assert said["line"] == line


async def test_a_use_case_is_named_as_the_one_that_announced() -> None:
    heard = Heard("INFO")
    parts = Parts(listener=heard.telemetry)
    await parts.ingest([{**RECRUITED[0], "user_pseudo_id": "ann"}], PERSON)
    (line,) = heard.lines()
    assert list(line) == [*OWN, "user_id", "segment", "confidence", "events"]
    assert line["message"] == "Segmentation completed for user"
    assert (line["logger"], line["module"]) == ("vitrine.usecases.ingest", "ingest")
    assert line["user_id"] == parts.pseudonym("ann")


async def test_no_line_says_who_a_visitor_is() -> None:
    heard = Heard()
    parts = Parts(listener=heard.telemetry)
    secret = "ann-of-green-gables"
    raws = [{**event, "user_pseudo_id": secret, "event_id": secret} for event in RECRUITED]
    await parts.ingest([*raws, {"event_name": secret}], PERSON)
    await parts.personalize(secret, PERSON, "en")
    await parts.personalize(None, PERSON, "en")
    parts.store.fails = parts.store.forgets = True
    await parts.personalize(secret, PERSON, "en")
    told = json.dumps([heard.lines(), heard.telemetry.summary()])
    assert parts.pseudonym(secret) in told
    for word in (secret, PERSON.address, "198.51.100", PERSON.agent):
        assert word not in told


def test_the_summary_nests_what_was_counted() -> None:
    heard = Heard("ERROR")
    for signal in EXAMPLES:
        heard.telemetry(signal)
    heard.telemetry(VisitSegmented("0f" * 16, "STUDENT", 0.8, 6, True, False))
    heard.telemetry(VisitSegmented("0e" * 16, None, 0.2, 1, True, False))
    heard.telemetry(VisitSegmented("0d" * 16, "CASUAL", 0.9, 2, False, True))
    heard.telemetry(CacheLooked("decision", False))
    assert heard.telemetry.summary() == {
        "bots": {"listed": {"search-engine": 4}},
        "cache": {"decision": {"hit": 1, "miss": 1}},
        "cache_evicted": {"bytes": 1},
        "decided": {"CASUAL": 1, "STUDENT": 1},
        "decided_in_visit": {"first": 1, "later": 1},
        "duty_failed": 1,
        "events": {"accepted": {"": 3}, "duplicate": {"": 1}, "rejected": {"unknown_event": 2}},
        "request_failed": 1,
        "rules_refreshed": 1,
        "served": {"default": {"unknown_visitor": 1}},
        "started": 1,
        "stopped": 1,
        "store_failed": 1,
        "switched": 1,
        "visits": 1,
    }
    assert {line["level"] for line in heard.lines()} == {"ERROR"}


@pytest.mark.parametrize(
    ("counts", "level", "fields"),
    [
        ({("a", Receipt.ACCEPTED, None): 2}, "DEBUG", {"accepted": 2, "visits_started": 0}),
        (
            {
                ("a", Receipt.ACCEPTED, None): 2,
                ("b", Receipt.ACCEPTED, None): 1,
                ("a", Receipt.REJECTED, RejectionReason.BOT): 1,
            },
            "INFO",
            {"accepted": 3, "rejected_bot": 1, "visits_started": 0},
        ),
    ],
)
def test_received_events_are_worth_a_line_where_some_were_refused(
    counts: Any, level: str, fields: dict[str, int]
) -> None:
    heard = Heard()
    heard.telemetry(EventsReceived(counts, 0))
    (line,) = heard.lines()
    assert line["level"] == level
    assert {name: line[name] for name in line if name not in OWN} == fields
