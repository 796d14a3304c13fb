"""Held out against personalized: the difference with its interval, or how many more it takes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given

PAGE = "/console/experiment"


def experiment_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the page."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(PAGE)
    async def experiment(request: Request) -> Response:
        found = await given.people.experiment()
        return pages.show(request, "experiment/experiment.html", found=found)

    return router
