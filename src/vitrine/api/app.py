"""The whole HTTP application: the visitors' routes in plain ASGI, FastAPI behind them."""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from vitrine import __version__
from vitrine.api.admin import admin_router
from vitrine.api.bounds import BoundedBodies, with_security_headers
from vitrine.api.events import Events
from vitrine.api.http import AsgiApp, HttpError, Receive, Send, answer_error
from vitrine.api.metrics import metrics_router
from vitrine.api.openapi import document
from vitrine.api.personalization import Personalization
from vitrine.api.service import Service
from vitrine.api.visitor import visitor_router
from vitrine.senders import Scope
from vitrine.signals import RequestFailed, StoreFailed
from vitrine.usecases.ports import StoreUnavailableError

METHODS = {
    "/api/events": ("POST", "OPTIONS"),
    "/api/personalization": ("GET", "HEAD", "OPTIONS"),
}
"""The routes that are called straight, with their methods."""
STATUSES = {
    "/api/events": (202, 204, 400, 403, 408, 413, 415, 422, 503),
    "/api/personalization": (200, 204, 422),
}
"""What those routes answer, beside 500."""
UNEXPECTED = HttpError(500, "something went wrong here; the log has it under this request id")

BUSY = HttpError(503, "the database does not answer; ask again")


class Application:
    """The ASGI application of a service.

    The two routes that every visitor waits for are called straight, ahead of FastAPI
    (decision 0002); its OpenAPI document has them all the same. `rest` is FastAPI's part, to
    which `routers` adds pages that stand beside the API. Where people come by `https`, browsers
    are told to come by nothing else.
    """

    def __init__(
        self, service: Service, routers: Sequence[APIRouter] = (), *, https: bool = False
    ) -> None:
        self._emit = service.emit
        self._https = https
        self._direct: dict[str, AsgiApp] = {
            "/api/events": Events(
                service.site, service.ingest, service.personalize, service.senders, service.emit
            ),
            "/api/personalization": Personalization(
                service.site, service.personalize, service.senders
            ),
        }
        self.rest = _fastapi(service, routers)
        self._bounded = BoundedBodies(self.rest)  # type: ignore[arg-type]  # narrower types

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = with_security_headers(send, https=self._https)
        if scope["type"] == "lifespan":
            await self.rest(scope, receive, send)  # type: ignore[arg-type]  # narrower types
            return
        direct = self._direct.get(scope["path"]) if scope["type"] == "http" else None
        if direct is None:
            await self._call_rest(scope, receive, send)
            return
        try:
            await direct(scope, receive, send)
        except Exception:  # noqa: BLE001 - a page that asks must get an answer, whatever fails
            self._emit(RequestFailed(traceback.format_exc()))
            await answer_error(send, UNEXPECTED)

    async def _call_rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._bounded(scope, receive, send)
        except Exception:
            self._emit(RequestFailed(traceback.format_exc()))
            raise


def _fastapi(service: Service, routers: Sequence[APIRouter]) -> FastAPI:
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
    app.include_router(metrics_router(service.scrape, service.metrics_gate, service.senders))
    app.include_router(visitor_router(service))
    for router in routers:
        app.include_router(router)

    @app.head("/health", include_in_schema=False)
    @app.get("/health", tags=["operations"], summary="The process is alive")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__, "site": service.site.id}

    @app.head("/ready", include_in_schema=False)
    @app.get(
        "/ready",
        tags=["operations"],
        summary="The service can do its work",
        responses={503: {"description": "The database does not answer"}},
    )
    async def ready() -> JSONResponse:
        problem = await service.ready()
        if problem is not None:
            raise HTTPException(503, problem)
        return JSONResponse({"status": "ok"})

    @app.exception_handler(StoreUnavailableError)
    async def unavailable(_request: Request, problem: StoreUnavailableError) -> JSONResponse:
        service.emit(StoreFailed("admin", str(problem)))
        return JSONResponse({"detail": BUSY.detail}, BUSY.status, {"Retry-After": "2"})

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _problem: Exception) -> JSONResponse:
        return JSONResponse({"detail": UNEXPECTED.detail}, UNEXPECTED.status)

    document(app, service.site)
    return app
