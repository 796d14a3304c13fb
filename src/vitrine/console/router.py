"""All routes of the console."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.console.dashboards.view import dashboards_router
from vitrine.console.frame.assets import PREFIX, Assets
from vitrine.console.frame.door import Door
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.headers import FOR_GOOD
from vitrine.console.frame.login import login_router, session_router
from vitrine.console.frame.page import Pages
from vitrine.console.frame.password import Password
from vitrine.console.frame.session import Sessions
from vitrine.console.given import Given


def console_routers(given: Given) -> Sequence[APIRouter]:
    """Return the routers of the console, in the order in which they must be asked."""
    assets = Assets()
    pages = Pages(given, assets)
    sessions = Sessions(given.key, given.clock)
    guard = Guard(sessions, pages, assets, given.public_url)
    door = Door(Password(given.password), given.clock, given.emit)
    main = APIRouter(route_class=guard.route(), include_in_schema=False)

    @main.get("/console")
    async def overview(request: Request) -> Response:
        return pages.show(request, "overview/overview.html")

    return (
        _assets_router(assets, guard),
        login_router(given, pages, sessions, guard, door),
        main,
        dashboards_router(given, pages, guard),
        session_router(pages, sessions, guard),
    )


def _assets_router(assets: Assets, guard: Guard) -> APIRouter:
    router = APIRouter(route_class=guard.route(public=True), include_in_schema=False)

    @router.get(PREFIX + "/{digest}/{name}", responses={404: {}})
    async def asset(request: Request, digest: str, name: str) -> Response:
        found = await assets.find(digest, name)
        if found is None:
            raise HTTPException(404, "there is no such file (any more)")
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {**FOR_GOOD, "vary": "accept-encoding"}
        if zipped:
            headers["content-encoding"] = "gzip"
        body = found.zipped if zipped else found.body
        return Response(body, headers=headers, media_type=found.content_type)

    return router


def templates(routers: Sequence[APIRouter]) -> tuple[str, ...]:
    """Return the template of every route."""
    return tuple(str(route.path) for router in routers for route in router.routes)  # type: ignore[attr-defined]
