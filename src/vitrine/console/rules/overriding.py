"""Pins an order of the owner's own for a segment, and gives back the derived one."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.domain.site import Site
from vitrine.usecases.override import KINDS, OverrideRefusedError, StaleOverrideError

PAGE = "/console/rules"


def overriding_router(given: Given, _pages: Pages, guard: Guard) -> APIRouter:
    """Return what the form on the page of a rule does."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    override = given.people.override

    @router.post(
        PAGE + "/{segment}", name="rule", status_code=303, responses={404: {}, 409: {}, 422: {}}
    )
    async def change(request: Request, segment: str) -> Response:
        must_exist(given.site, segment)
        form = await request.form()
        version = str(form.get("version", ""))
        if not version.isdecimal():
            raise HTTPException(422, "the form does not say which overrides it changes")
        pinned = [kind for kind in KINDS if kind in form.getlist("pinned")]
        order = {kind: [str(one) for one in form.getlist(kind)] for kind in pinned}
        try:
            if form.get("action") == "restore" or not order:
                request.state.subject = f"{segment}: restore"
                await override.restore(segment, int(version[:9]))
            else:
                request.state.subject = f"{segment}: pin {', '.join(order)}"
                await override.pin(segment, order, int(version[:9]))
        except OverrideRefusedError as problem:
            raise HTTPException(422, str(problem)) from None
        except StaleOverrideError as problem:
            raise HTTPException(409, str(problem)) from None
        return RedirectResponse(f"{PAGE}/{segment}", 303)

    return router


def must_exist(site: Site, segment: str) -> None:
    """Refuse a segment that the site does not declare."""
    if segment not in site.segment_ids:
        raise HTTPException(404, f"the site has no segment {segment[:40]!r}")
