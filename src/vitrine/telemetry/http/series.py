"""The cells of one method and endpoint, found once and counted in ever after."""

from __future__ import annotations

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


class Tally:
    """What requests of one endpoint count in that end with the same status and outcome."""

    __slots__ = (
        "_registry",
        "duration",
        "ended",
        "endpoint",
        "first_byte",
        "labels",
        "requests",
    )

    def __init__(self, registry: Registry, endpoint: Endpoint, status: int, outcome: str) -> None:
        method, template, group = endpoint.method, endpoint.template, endpoint.group
        self._registry = registry
        self.endpoint = endpoint
        self.labels = (method, template, group, status, outcome)
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


class Series(dict[int, Tally]):
    """Where requests of one method and endpoint are counted: tallies of answers, by status."""

    __slots__ = ("_others", "_registry", "background", "endpoint")

    def __init__(self, registry: Registry, endpoint: Endpoint) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.background = registry[API_BACKGROUND].histogram(endpoint.group)
        self._registry = registry
        self._others: dict[tuple[int, str], Tally] = {}

    def __missing__(self, status: int) -> Tally:
        outcome = "ok" if status < 400 else "client_error" if status < 500 else "server_error"
        made = self[status] = self._tally(status, outcome)
        return made

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
