"""The cells of one method and endpoint, found once and counted in ever after."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import NamedTuple

from vitrine.catalogue.metrics import (
    API_BACKGROUND,
    API_DURATION,
    API_FIRST_BYTE,
    API_OUTCOMES,
    API_REQUESTS,
)
from vitrine.telemetry.http.routes import UNMATCHED, Endpoint
from vitrine.telemetry.registry import HistogramCell, Registry

METHOD_NOT_ALLOWED = 405
SETTLE_AT = 64
"""So many finished requests are counted at a time, at most."""


class Tally:
    """What requests of one endpoint count in that end with the same status and outcome."""

    __slots__ = (
        "_registry",
        "duration",
        "ended",
        "endpoint",
        "first_byte",
        "outcome",
        "requests",
        "status",
    )

    def __init__(self, registry: Registry, endpoint: Endpoint, status: int, outcome: str) -> None:
        method, template, group = endpoint.method, endpoint.template, endpoint.group
        self._registry = registry
        self.endpoint = endpoint
        self.status = status
        self.outcome = outcome
        self.requests = registry[API_REQUESTS].cell(method, template, str(status))
        self.ended = registry[API_OUTCOMES].cell(group, outcome)
        self.first_byte = registry[API_FIRST_BYTE].histogram(group)
        self.duration: HistogramCell | None = None

    def timed(self) -> HistogramCell:
        """Return the histogram of durations, which exists from the first one on."""
        endpoint = self.endpoint
        family = self._registry[API_DURATION]
        self.duration = family.histogram(endpoint.method, endpoint.template)
        return self.duration


class FinishedRequest(NamedTuple):
    """What became of a request. Times run from its arrival, in seconds.

    `duration_s` ends with the last byte, or when the client left. `first_byte_s` is `None`
    where there was no first byte. `timed` is false of what is endless by nature or
    had no last byte: impatient clients must not make a slow service look quick.
    """

    tally: Tally
    duration_s: float
    first_byte_s: float | None
    request_id: str
    timed: bool = True

    @property
    def method(self) -> str:
        return self.tally.endpoint.method

    @property
    def endpoint(self) -> str:
        """The template of its route, or `unmatched`."""
        return self.tally.endpoint.template

    @property
    def group(self) -> str:
        return self.tally.endpoint.group

    @property
    def status(self) -> int:
        return self.tally.status

    @property
    def outcome(self) -> str:
        return self.tally.outcome


class Ledger:
    """Finished requests that wait to be counted.

    Counting many at a time takes half a microsecond less for each than counting it between
    two requests, with cold caches. A scrape settles first, from its own thread.
    """

    __slots__ = ("_lock", "pending")

    def __init__(self) -> None:
        self.pending: deque[FinishedRequest] = deque()
        self._lock = Lock()

    def settle(self) -> None:
        """Count everything that waits."""
        pending = self.pending
        with self._lock:
            while pending:
                tally, duration_s, first_byte_s, request_id, timed = pending.popleft()
                tally.requests.value += 1
                tally.ended.value += 1
                if timed:
                    (tally.duration or tally.timed()).observe_request(duration_s, request_id)
                if first_byte_s is not None:
                    tally.first_byte.observe(first_byte_s)


class Series:
    """Where requests of one method and endpoint are counted."""

    __slots__ = ("_others", "_registry", "answered", "background", "endpoint")

    def __init__(self, registry: Registry, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.background = registry[API_BACKGROUND].histogram(endpoint.group)
        self.answered: dict[int, Tally] = {}
        """The tallies of complete answers that were needed so far, by status."""
        self._registry = registry
        self._others: dict[tuple[int, str], Tally] = {}

    def answer(self, status: int) -> Tally:
        """Return the tally of complete answers with a status."""
        outcome = "ok" if status < 400 else "client_error" if status < 500 else "server_error"
        return self.answered.setdefault(status, self._tally(status, outcome))

    def unfinished(self, status: int, outcome: str) -> Tally:
        """Return the tally of requests that got no complete answer."""
        key = status, outcome
        return self._others.get(key) or self._others.setdefault(key, self._tally(status, outcome))

    def _tally(self, status: int, outcome: str) -> Tally:
        endpoint = self.endpoint
        if status == METHOD_NOT_ALLOWED:
            # Some routes find out only themselves that they do not have a method.
            endpoint = Endpoint(endpoint.method, UNMATCHED, endpoint.group)
        return Tally(self._registry, endpoint, status, outcome)
