"""The off switch: one word gives everybody the default page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given

PAGE = "/console/switch"


def switch_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the page, and what its form does."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(PAGE)
    async def switch(request: Request) -> Response:
        return pages.show(request, "switch/switch.html")

    @router.post(PAGE, name="switch", status_code=303, responses={422: {}})
    async def turn(
        request: Request,
        to: Annotated[Literal["on", "off"], Form()],
        sure: Annotated[str, Form()] = "",
    ) -> Response:
        request.state.subject = to
        if to == "off" and sure != "yes":
            request.state.subject = "off, not confirmed"
            return RedirectResponse(PAGE, 303)
        await given.switch.turn(on=to == "on")
        return RedirectResponse(PAGE, 303)

    return router
