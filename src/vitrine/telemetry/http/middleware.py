"""The ASGI middleware that measures requests."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from vitrine.catalogue.metrics import API_IN_FLIGHT
from vitrine.telemetry.http.asgi import AsgiApp, Receive, Scope, Send
from vitrine.telemetry.http.exchange import BACKGROUND_FROM_S, Exchange, Shared
from vitrine.telemetry.http.routes import UNMATCHED, Endpoint, Routes
from vitrine.telemetry.http.series import FinishedRequest, Series
from vitrine.telemetry.registry import Registry
from vitrine.telemetry.request_id import CURRENT, request_id

PLACES_REMEMBERED = 4_096
"""Methods and paths whose route is found without asking the patterns again."""


class HttpTelemetry:
    """Counts and times the requests of an application and gives each an id.

    `finished` is called once per request, with its last byte or where there is none with
    its end; it must be quick and must not raise. WebSockets and lifespan pass untouched.
    `holds_start` is true of servers that send the status line with the first bytes of the
    body (granian) and false of those that send it at once (uvicorn).
    """

    def __init__(
        self,
        app: AsgiApp,
        *,
        routes: Routes,
        registry: Registry,
        finished: Callable[[FinishedRequest], None],
        holds_start: bool = True,
    ) -> None:
        self._app = app
        self._routes = routes
        self._registry = registry
        self._shared = Shared(finished, holds_start)
        self._watch = self._shared.watch
        self._series: dict[Endpoint, Series] = {}
        self._places: dict[tuple[str, str], Series] = {}
        registry.before_scrape(self._settle)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        place = scope["method"], scope["path"]
        series = self._places.get(place) or self._find(place)
        given = request_id(scope["headers"])
        exchange = Exchange(self._shared, series, given, receive, send)
        watch = self._watch
        watch.young[exchange] = None
        if not watch.ticking:
            watch.start()
        token = CURRENT.set(given)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            if exchange.look_ahead or perf_counter() - exchange.ended >= BACKGROUND_FROM_S:
                exchange.end()
            CURRENT.reset(token)

    def _find(self, place: tuple[str, str]) -> Series:
        endpoint = self._routes.find(*place)
        series = self._series.get(endpoint)
        if series is None:
            series = self._series[endpoint] = Series(self._registry, endpoint)
        if endpoint.template != UNMATCHED and len(self._places) < PLACES_REMEMBERED:
            self._places[place] = series
        return series

    def _settle(self) -> None:
        self._shared.ledger.settle()
        self._registry[API_IN_FLIGHT].set(len(self._watch))
