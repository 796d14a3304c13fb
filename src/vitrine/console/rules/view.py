"""Rules: seen, and compared."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.console.rules.comparison import compared
from vitrine.console.rules.overriding import PAGE, must_exist


def rules_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the list of rules, and the page of one."""
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
        must_exist(site, segment)
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

    return router
