"""Who comes, and one visitor's story."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.domain.event import LONGEST_ID, is_visitor_id

PAGE = "/console/visitors"
DAYS = (1, 7, 30)
USUAL_DAYS = 7
LATEST = 10
PSEUDONYM = re.compile(r"[0-9a-f]{32}")


def visitors_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the page of all visitors, the search, and the page of one."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    people = given.people

    @router.get(PAGE)
    async def visitors(request: Request) -> Response:
        asked = request.query_params.get("days", "")
        days = int(asked) if asked in {str(one) for one in DAYS} else USUAL_DAYS
        census, judgement, latest = await asyncio.gather(
            people.census(days), people.reliability(), people.archive.latest(LATEST)
        )
        return pages.show(
            request,
            "visitors/visitors.html",
            census=census,
            judgement=judgement,
            latest=latest,
            choices=DAYS,
        )

    @router.post(PAGE + "/find", name="find_visitor", status_code=303, responses={422: {}})
    async def find(who: Annotated[str, Form()]) -> Response:
        # By form, not by address: an id is the visitor's own and belongs into no log.
        sought = who.strip()
        if not is_visitor_id(sought):
            raise HTTPException(422, f"an id is a printable text of 1 to {LONGEST_ID} characters")
        known = PSEUDONYM.fullmatch(sought) is not None
        pseudonym = sought if known else people.pseudonym(sought)
        return RedirectResponse(f"{PAGE}/{pseudonym}", 303)

    @router.get(PAGE + "/{visitor}", responses={404: {}})
    async def visitor(request: Request, visitor: str) -> Response:
        story = await people.story(visitor) if PSEUDONYM.fullmatch(visitor) else ()
        if not story:
            raise HTTPException(404, "no visit of that visitor is known")
        return pages.show(request, "visitors/visitor.html", visitor=visitor, story=story)

    return router
