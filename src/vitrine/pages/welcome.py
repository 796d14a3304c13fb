"""`/` where the site is elsewhere: what this server is, in one small page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from vitrine.pages.render import Renderer
from vitrine.pages.route import PageRoute
from vitrine.pages.service import PageService


def welcome_router(service: PageService, renderer: Renderer) -> APIRouter:
    """Return the page, in the language nearest to the browser's."""
    router = APIRouter(
        route_class=PageRoute, include_in_schema=False, default_response_class=Response
    )

    @router.get("/")
    async def welcome(request: Request) -> Response:
        language = service.site.language(request.headers.get("accept-language"))
        return renderer.page("welcome.html", language, site=service.site, original=True)

    return router
