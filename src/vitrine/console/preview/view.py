"""The page as a segment sees it, beside the default page."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.console.rules.comparison import compared

PAGE = "/console/preview"


def preview_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the preview; it asks the rules themselves, so that nothing is counted."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    site = given.site

    @router.get(PAGE, responses={404: {}})
    async def preview(request: Request) -> Response:
        segment = request.query_params.get("segment", site.segment_ids[0])
        if segment not in site.segment_ids:
            raise HTTPException(404, f"the site has no segment {segment[:40]!r}")
        language = site.language(request.query_params.get("language"))
        rule = given.people.rule(segment, language)
        return pages.show(
            request,
            "preview/preview.html",
            segments=site.segments,
            segment=segment,
            language=language,
            rule=rule,
            kinds={one.kind: one for one in compared(site, rule, language)},
        )

    return router
