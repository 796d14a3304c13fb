"""`GET /metrics` for Prometheus, and `/metrics/public` for everybody."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from vitrine.api.bearer import Bearer
from vitrine.api.service import Scraping
from vitrine.senders import Senders
from vitrine.usecases.gate import Gate

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
RESPONSES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The metrics, as text or OpenMetrics, zipped where that is accepted",
        "content": {"text/plain": {}, "application/openmetrics-text": {}},
    }
}
REFUSED: dict[int | str, dict[str, object]] = {
    401: {"description": "Not who may scrape"},
    429: {"description": "Too many scrapes by token, or too many wrong ones of the network"},
}
HOW = "send `Authorization: Bearer` with the token in $VITRINE_HOME/metrics-token"


def metrics_router(render: Scraping, gate: Gate, senders: Senders) -> APIRouter:
    """Return both routes. A scrape is rendered in a thread: it takes milliseconds."""
    router = APIRouter(tags=["operations"], default_response_class=Response)
    bearer = Bearer(gate, senders, HOW)

    async def scrape(request: Request, *, public: bool) -> Response:
        found = await asyncio.to_thread(
            render,
            request.headers.get("accept", ""),
            request.headers.get("accept-encoding", ""),
            public=public,
        )
        response = Response(found.body, headers={"vary": "Accept, Accept-Encoding"})
        # Set as it is: the framework would add a charset, and OpenMetrics has its own.
        response.headers["content-type"] = found.content_type
        if found.zipped:
            response.headers["content-encoding"] = "gzip"
        return response

    @router.head("/metrics", include_in_schema=False)
    @router.get(
        "/metrics", summary="Every metric, for Prometheus", responses={**RESPONSES, **REFUSED}
    )
    async def metrics(request: Request) -> Response:
        # A wrong token is refused from everywhere: it is a configuration that does not work.
        if request.headers.get("authorization"):
            bearer.require(request)
        elif not _is_direct(senders, request):
            raise bearer.unauthorized()
        return await scrape(request, public=False)

    @router.head("/metrics/public", include_in_schema=False)
    @router.get("/metrics/public", summary="What everybody may see", responses=RESPONSES)
    async def public(request: Request) -> Response:
        return await scrape(request, public=True)

    return router


def _is_direct(senders: Senders, request: Request) -> bool:
    """Whether this is a direct peer on the machine itself, which needs no token."""
    # A page that a browser was lured into rebinding to this machine names its own host.
    named = urlsplit(f"//{request.headers.get('host', '')}").hostname
    sender = senders.sender(dict(request.scope), dict(request.scope["headers"]))
    return sender.local and named in LOOPBACK_NAMES
