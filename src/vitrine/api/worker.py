"""What a worker answers: whether it lives, and its own metrics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from vitrine.api.metrics import metrics_router
from vitrine.api.service import Scraping
from vitrine.senders import Senders
from vitrine.usecases.gate import Gate


def worker_application(
    scrape: Scraping,
    gate: Gate,
    senders: Senders,
    running: Callable[[FastAPI], AbstractAsyncContextManager[None]],
) -> FastAPI:
    """Return the application of a worker that works while `running` lasts."""
    app = FastAPI(lifespan=running, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(metrics_router(scrape, gate, senders))

    @app.head("/health")
    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
