"""What one of several workers answers on its own port: for itself alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response

from vitrine.api.admin import LogLevel, by_token
from vitrine.api.metrics import metrics_router
from vitrine.api.service import Scraping, Service

PREFIX = "/worker"


@dataclass(frozen=True, slots=True)
class Own:
    """What a worker knows by itself: its metrics, and `figures` by name, as JSON may have them."""

    scrape: Scraping
    figures: Mapping[str, Callable[[], Any]]
    set_log_level: Callable[[str], None]


def own_application(service: Service, own: Own) -> FastAPI:
    """Return the application: `/metrics` for Prometheus, the rest for the other workers."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(metrics_router(own.scrape, service.metrics_gate, service.senders))
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(by_token(service))])

    @router.get("/{figure}")
    async def figures(figure: str) -> Response:
        if figure not in own.figures:
            raise HTTPException(404, f"one of {', '.join(own.figures)}")
        found = await asyncio.to_thread(own.figures[figure])
        return Response(orjson.dumps(found), media_type="application/json")

    @router.put("/log-level")
    async def log_level(wanted: LogLevel) -> LogLevel:
        own.set_log_level(wanted.level)
        return wanted

    app.include_router(router)
    return app
