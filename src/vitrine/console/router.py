"""All routes of the console."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.console.alerts.silences import silences_router
from vitrine.console.alerts.view import alerts_router
from vitrine.console.dashboards.view import dashboards_router
from vitrine.console.experiment.view import experiment_router
from vitrine.console.frame.assets import PREFIX, Assets
from vitrine.console.frame.door import Door
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.headers import FOR_GOOD
from vitrine.console.frame.login import login_router, session_router
from vitrine.console.frame.page import Pages
from vitrine.console.frame.session import Sessions
from vitrine.console.given import Given
from vitrine.console.insights.view import insights_router
from vitrine.console.logs.view import logs_router
from vitrine.console.metrics.view import metrics_router
from vitrine.console.overview.view import overview_router
from vitrine.console.preview.view import preview_router
from vitrine.console.rules.overriding import overriding_router
from vitrine.console.rules.view import rules_router
from vitrine.console.runbooks.view import public_router, runbooks_router
from vitrine.console.switch.view import switch_router
from vitrine.console.visitors.view import visitors_router

PAGES = (
    overview_router,
    dashboards_router,
    alerts_router,
    silences_router,
    runbooks_router,
    metrics_router,
    visitors_router,
    rules_router,
    overriding_router,
    preview_router,
    insights_router,
    experiment_router,
    switch_router,
)
"""What each page needs no more for than what it is given, the layout and the guard."""


def console_routers(given: Given) -> Sequence[APIRouter]:
    """Return the routers of the console, in the order in which they must be asked."""
    assets = Assets()
    pages = Pages(given, assets)
    sessions = Sessions(given.key, given.clock, given.notes)
    guard = Guard(sessions, pages, assets, given)
    door = Door(given)
    return (
        _assets_router(assets, guard),
        public_router(given, pages, guard),
        login_router(given, pages, sessions, guard, door),
        *(router(given, pages, guard) for router in PAGES),
        logs_router(given, pages, guard, sessions),
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
    """Return the template of every route, as telemetry names it."""
    paths = (str(vars(route)["path"]) for router in routers for route in router.routes)
    return tuple(path.replace(":path}", "}") for path in paths)
