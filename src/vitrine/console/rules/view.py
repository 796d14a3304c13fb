"""Rules: seen, compared, overridden, restored."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.console.rules.comparison import compared
from vitrine.usecases.override import KINDS, OverrideRefusedError, StaleOverrideError

PAGE = "/console/rules"


def rules_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the list of rules, one rule, and what its form does."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    site, people = given.site, given.people

    @router.get(PAGE)
    async def rules(request: Request) -> Response:
        language = site.language(request.query_params.get("language"))
        overrides = await people.override.current()
        return pages.show(
            request,
            "rules/rules.html",
            rules=[people.rule(segment, language) for segment in (None, *site.segment_ids)],
            titles={segment.id: segment.title for segment in site.segments},
            language=language,
            overrides=overrides,
        )

    @router.get(PAGE + "/{segment}", responses={404: {}})
    async def rule(request: Request, segment: str) -> Response:
        _must_exist(segment)
        language = site.language(request.query_params.get("language"))
        overrides = await people.override.current()
        found = people.rule(segment, language)
        return pages.show(
            request,
            "rules/rule.html",
            rule=found,
            title=next(one.title for one in site.segments if one.id == segment),
            kinds=compared(site, found, language),
            language=language,
            pins=overrides.pins.get(segment, {}),
            counted=overrides.version,
            changes=[one for one in reversed(overrides.changes) if one.segment == segment],
        )

    @router.post(PAGE + "/{segment}", status_code=303, responses={404: {}, 409: {}, 422: {}})
    async def change(request: Request, segment: str) -> Response:
        _must_exist(segment)
        form = await request.form()
        version = str(form.get("version", ""))
        if not version.isdecimal():
            raise HTTPException(422, "the form does not say which overrides it changes")
        pinned = [kind for kind in KINDS if kind in form.getlist("pinned")]
        order = {kind: [str(one) for one in form.getlist(kind)] for kind in pinned}
        try:
            if form.get("action") == "restore" or not order:
                await people.override.restore(segment, int(version[:9]))
            else:
                await people.override.pin(segment, order, int(version[:9]))
        except OverrideRefusedError as problem:
            raise HTTPException(422, str(problem)) from None
        except StaleOverrideError as problem:
            raise HTTPException(409, str(problem)) from None
        return RedirectResponse(f"{PAGE}/{segment}", 303)

    def _must_exist(segment: str) -> None:
        if segment not in site.segment_ids:
            raise HTTPException(404, f"the site has no segment {segment[:40]!r}")

    return router
