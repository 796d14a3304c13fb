"""The one table from signal to counters and log line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vitrine.signals import (
    BotRecognised,
    CacheEvicted,
    CacheLooked,
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
    VisitSegmented,
)
from vitrine.telemetry.logs import JsonLog

Tally = Counter[tuple[str, ...]]
"""Counts since start, by name and then values, as `("events", "accepted", "")`."""


class Binding(NamedTuple):
    """What a signal counts as, and the log line that it makes (`None`: counted only)."""

    counts: Callable[[Tally, Any], None]
    message: str | None = None
    level: Callable[[Any], str] = lambda _signal: "INFO"
    fields: Callable[[Any], Mapping[str, Any]] = lambda signal: signal._asdict()


def _events(tally: Tally, signal: EventsReceived) -> None:
    for (_name, receipt, reason), events in signal.counts.items():
        tally["events", receipt, reason or ""] += events
    tally["visits",] += signal.visits_started


def _rejections(signal: EventsReceived) -> Mapping[str, Any]:
    receipts: Counter[str] = Counter()
    for (_name, receipt, reason), events in signal.counts.items():
        receipts[f"rejected_{reason}" if reason else receipt.value] += events
    return {**receipts, "visits_started": signal.visits_started}


def _received_level(signal: EventsReceived) -> str:
    refused = any(receipt is Receipt.REJECTED for _name, receipt, _reason in signal.counts)
    return "INFO" if refused else "DEBUG"


def _segmented(tally: Tally, signal: VisitSegmented) -> None:
    if signal.first_decision and signal.segment is not None:
        tally["decided", signal.segment] += 1
        tally["decided_in_visit", "first" if signal.first_visit else "later"] += 1


def _segmentation(signal: VisitSegmented) -> Mapping[str, Any]:
    return {
        "user_id": signal.user_id,
        "segment": signal.segment,
        "confidence": signal.confidence,
        "events": signal.events,
    }


def _served(tally: Tally, signal: PersonalizationServed) -> None:
    tally["served", signal.variant, signal.reason or ""] += 1


def _looked(tally: Tally, signal: CacheLooked) -> None:
    tally["cache", signal.key_pattern, "hit" if signal.hit else "miss"] += 1


def _bots(tally: Tally, signal: BotRecognised) -> None:
    tally["bots", signal.reason, signal.category] += signal.events


def _named(name: str) -> Callable[[Tally, Any], None]:
    def count(tally: Tally, _signal: Any) -> None:
        tally[name,] += 1

    return count


BINDINGS: Mapping[type[Signal], Binding] = {
    EventsReceived: Binding(_events, "Events received", _received_level, _rejections),
    BotRecognised: Binding(_bots, "Bot recognised"),
    VisitSegmented: Binding(_segmented, "Segmentation completed for user", fields=_segmentation),
    PersonalizationServed: Binding(_served, "Personalization served", lambda _: "DEBUG"),
    CacheLooked: Binding(_looked),
    CacheEvicted: Binding(
        lambda tally, signal: tally.update({("cache_evicted", signal.reason): 1}),
        "Cache entry evicted",
        lambda _: "DEBUG",
    ),
    StoreFailed: Binding(_named("store_failed"), "Store did not answer", lambda _: "ERROR"),
    DutyFailed: Binding(_named("duty_failed"), "Duty failed", lambda _: "ERROR"),
    RequestFailed: Binding(_named("request_failed"), "Request failed", lambda _: "ERROR"),
    RulesRefreshed: Binding(_named("rules_refreshed"), "Rules refreshed"),
    PersonalizationSwitched: Binding(
        _named("switched"), "Personalization switched", lambda _: "WARNING"
    ),
    ServiceStarted: Binding(_named("started"), "Service started"),
    ServiceStopped: Binding(_named("stopped"), "Service stopped"),
}


class Telemetry:
    """The `emit` of a running program: counts each signal and logs what has a message.

    The log line's call site is that of the code which announced.
    """

    def __init__(self, log: JsonLog) -> None:
        self.tally: Tally = Counter()
        self._log = log

    def __call__(self, signal: Signal) -> None:
        binding = BINDINGS[type(signal)]
        binding.counts(self.tally, signal)
        if binding.message is None:
            return
        level = binding.level(signal)
        if not self._log.takes(level):
            return
        frame = sys._getframe(1)  # noqa: SLF001 - the standard way to a caller's place
        logger = str(frame.f_globals["__name__"])
        self._log.write(
            level, logger, binding.message, frame.f_code, frame.f_lineno, binding.fields(signal)
        )

    def summary(self) -> dict[str, Any]:
        """Return every count as nested objects, for people who look at `vitrine up`."""
        nested: dict[str, Any] = {}
        for (*path, last), count in sorted(self.tally.items()):
            place = nested
            for name in path:
                place = place.setdefault(name, {})
            place[last] = count
        return nested
