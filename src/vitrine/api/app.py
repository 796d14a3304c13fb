"""The whole HTTP application: the visitors' routes in plain ASGI, FastAPI behind them."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

from vitrine import __version__
from vitrine.api.admin import admin_router
from vitrine.api.events import Events
from vitrine.api.http import AsgiApp, Receive, Scope, Send
from vitrine.api.openapi import document
from vitrine.api.personalization import Personalization
from vitrine.api.service import Service
from vitrine.signals import RequestFailed


def create_app(service: Service) -> AsgiApp:
    """Return the ASGI application of a service.

    The two routes that every visitor waits for are called straight, ahead of FastAPI
    (decision 0002); its OpenAPI document has them all the same.
    """
    events = Events(
        service.site, service.ingest, service.personalize, service.senders, service.emit
    )
    personalization = Personalization(service.site, service.personalize, service.senders)
    direct: dict[str, AsgiApp] = {
        "/api/events": events,
        "/api/personalization": personalization,
    }
    rest = _fastapi(service)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await rest(scope, receive, send)
            return
        try:
            await direct.get(scope["path"], rest)(scope, receive, send)
        except Exception:
            service.emit(RequestFailed(scope["path"], traceback.format_exc()))
            raise

    return app


def _fastapi(service: Service) -> AsgiApp:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()

    # Its documentation pages would load scripts from elsewhere; the document itself is ours.
    app = FastAPI(
        title="Vitrine", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.include_router(admin_router(service))

    @app.get("/health", tags=["operations"], summary="The process is alive")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__, "site": service.site.id}

    @app.get("/ready", tags=["operations"], summary="The service can do its work")
    async def ready() -> JSONResponse:
        problem = await service.ready()
        if problem is not None:
            raise HTTPException(503, problem)
        return JSONResponse({"status": "ok"})

    document(app, service.site)
    return app  # type: ignore[return-value]  # FastAPI's own, narrower spelling of ASGI
