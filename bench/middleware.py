"""Time that HTTP middleware adds to a request, ours and three libraries', in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import uvloop
from fastapi import APIRouter, FastAPI
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator
from starlette_exporter import PrometheusMiddleware

from bench.result import Result
from vitrine.catalogue.metrics import CATALOGUE
from vitrine.telemetry.http import FinishedRequest, HttpTelemetry, Routes
from vitrine.telemetry.http.asgi import AsgiApp, Message
from vitrine.telemetry.registry import Registry

ROUNDS = 80
REQUESTS = 150
MOST_OF_THE_BEST = 0.2

SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/items/7",
    "raw_path": b"/items/7",
    "query_string": b"",
    "root_path": "",
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 8000),
    "headers": [
        (b"host", b"127.0.0.1:8000"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101"),
        (b"accept", b"application/json"),
        (b"accept-encoding", b"gzip, br"),
        (b"accept-language", b"en"),
        (b"connection", b"keep-alive"),
    ],
}


def measure() -> Result:
    """Compare what each adds, the least of many rounds that take turns."""
    least = uvloop.run(_rounds({name: build() for name, build in APPS.items()}))
    added = {name: took - least["bare"] for name, took in least.items() if name != "bare"}
    ours = added.pop("ours")
    best = min(added, key=lambda name: added[name])
    against = f"{added[best]:.1f} us {best}"
    what = "middleware adds to a request, in process"
    ratio = ours / added[best]
    return Result(what, f"{ours:.1f} us", against, ratio, MOST_OF_THE_BEST, at_most=True)


def _bare() -> FastAPI:
    app, items = FastAPI(), APIRouter()

    @items.get("/{item}")
    async def item(item: int) -> dict[str, int]:
        return {"item": item}

    app.include_router(items, prefix="/items")
    return app


def _ours() -> AsgiApp:
    app: Any = _bare()
    routes = Routes({}, app)
    registry = Registry(CATALOGUE, {"endpoint": routes.templates}, {})
    return HttpTelemetry(app, routes=routes, registry=registry, finished=_heard)


def _heard(_request: FinishedRequest) -> None:
    """Take note of nothing: the log line has a benchmark of its own."""


def _instrumentator() -> FastAPI:
    app = _bare()
    Instrumentator(registry=CollectorRegistry()).instrument(app)
    return app


def _exporter() -> FastAPI:
    app = _bare()
    app.add_middleware(PrometheusMiddleware)
    return app


def _opentelemetry() -> FastAPI:
    app = _bare()
    provider = MeterProvider([PrometheusMetricReader()])
    FastAPIInstrumentor.instrument_app(app, meter_provider=provider)
    return app


APPS: dict[str, Callable[[], Any]] = {
    "bare": _bare,
    "ours": _ours,
    "instrumentator": _instrumentator,
    "starlette_exporter": _exporter,
    "opentelemetry": _opentelemetry,
}


async def _rounds(apps: dict[str, AsgiApp]) -> dict[str, float]:
    """Return the least microseconds per request of each application."""
    least = dict.fromkeys(apps, float("inf"))
    for _ in range(ROUNDS):
        for name, app in apps.items():
            began = time.perf_counter()
            for _ in range(REQUESTS):
                await app(dict(SCOPE), _receive, _send)
            took = (time.perf_counter() - began) / REQUESTS * 1e6
            least[name] = min(least[name], took)
    return least


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    """Take a message; there is no server behind."""


if __name__ == "__main__":
    print(measure().row())
