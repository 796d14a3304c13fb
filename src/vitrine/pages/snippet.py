"""`GET /vitrine.js`, the script for any page, and what the site says of Global Privacy Control."""

from __future__ import annotations

from pathlib import Path

import rjsmin
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from vitrine.pages.assets import MEDIA_TYPES, File
from vitrine.pages.route import PageRoute

SOURCE = Path(__file__).with_name("vitrine.js")
HEAD_SOURCE = Path(__file__).with_name("vitrine-head.js")
"""What a page writes into its own head, to arrange it before anything is seen."""
FIVE_MINUTES = "public, max-age=300, stale-while-revalidate=86400"
GPC = {"gpc": True, "lastUpdate": "2026-11-16"}


def snippet() -> File:
    """Return the script as it is sent: the source without comments and blanks."""
    return File.of(rjsmin.jsmin(SOURCE.read_text(encoding="utf-8")).encode(), MEDIA_TYPES[".js"])


def snippet_router() -> APIRouter:
    """Return both routes. The script is the same for every site, so any origin may read it."""
    router = APIRouter(
        route_class=PageRoute, include_in_schema=False, default_response_class=Response
    )
    script = snippet()

    @router.get("/vitrine.js", responses={304: {}})
    async def vitrine_js(request: Request) -> Response:
        answer = script.answer(request, FIVE_MINUTES)
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    @router.get("/.well-known/gpc.json")
    async def gpc() -> Response:
        return JSONResponse(GPC, headers={"Cache-Control": "public, max-age=86400"})

    return router
