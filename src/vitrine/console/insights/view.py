"""What the last days teach: by local rules at once, by a model where one is asked."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.usecases.review import Report

PAGE = "/console/insights"
DAYS = ("1", "7", "30")
USUAL = "7"
FRESH_FOR_MS = 5 * 60_000


class Kept(NamedTuple):
    """A report with the time (ms) at which it was made."""

    report: Report
    at_ms: int


def insights_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the page, and the question to the models."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    local: dict[str, Kept] = {}
    asked: dict[str, Kept] = {}

    @router.get(PAGE)
    async def insights(request: Request) -> Response:
        days = request.query_params.get("days", USUAL)
        days = days if days in DAYS else USUAL
        known = local.get(days)
        if known is None or given.clock() - known.at_ms > FRESH_FOR_MS:
            report = await given.people.review_locally(int(days))
            known = local[days] = Kept(report, given.clock())
        return pages.show(
            request,
            "insights/insights.html",
            days=days,
            choices=DAYS,
            local=known,
            asked=asked.get(days),
        )

    @router.post(PAGE, name="ask_models", status_code=303, responses={422: {}})
    async def ask(request: Request, days: Annotated[str, Form()]) -> Response:
        if days not in DAYS:
            raise HTTPException(422, f"choose {', '.join(DAYS)} days")
        request.state.subject = f"{days} days"
        asked[days] = Kept(await given.people.review(int(days)), given.clock())
        return RedirectResponse(f"{PAGE}?days={days}", 303)

    return router
