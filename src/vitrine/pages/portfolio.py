"""The shipped portfolio as a website: each page is put in order before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from fastapi import APIRouter, Request, Response

from vitrine.pages.content import Edition
from vitrine.pages.render import Renderer
from vitrine.pages.resume import resume
from vitrine.pages.route import PageRoute
from vitrine.pages.service import PageService
from vitrine.pages.why import ASKED, BY_BROWSER, Why, why

ORIGINAL = "original"
RELATED = 3


class Arranged(NamedTuple):
    """A page's order, and why it has it."""

    sections: Sequence[str]
    projects: Sequence[str]
    highlighted: Sequence[str]
    why: Why


class Portfolio:
    """Serves the portfolio's pages."""

    def __init__(self, service: PageService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def router(self) -> APIRouter:
        """Return the routes of every edition."""
        router = APIRouter(
            route_class=PageRoute, include_in_schema=False, default_response_class=Response
        )
        for edition in self._service.editions.values():
            self._add(router, edition)
        return router

    def _add(self, router: APIRouter, edition: Edition) -> None:
        pdf = resume(edition)

        @router.get(f"{edition.prefix}/")
        async def home(request: Request) -> Response:
            return await self._home(request, edition)

        @router.get(f"{edition.prefix}/projects/{{project}}", responses={404: {}})
        async def project(request: Request, project: str) -> Response:
            return await self._project(request, edition, project)

        @router.get(f"{edition.prefix}/resume")
        async def download() -> Response:
            name = "robin-vantreen.pdf"
            headers = {
                "Cache-Control": "public, max-age=3600",
                "Content-Disposition": f'inline; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            }
            return Response(pdf, headers=headers, media_type="application/pdf")

    async def _home(self, request: Request, edition: Edition) -> Response:
        arranged = await self._arranged(request, edition)
        return self._render("home.html", request, edition, path="/", arranged=arranged)

    async def _project(self, request: Request, edition: Edition, project: str) -> Response:
        content, site = edition.content, edition.site
        if project not in content.projects:
            return self._render("missing.html", request, edition, 404, path="/")
        tags = site.projects[project].tags
        near = sorted(
            (other for other in site.projects if other != project),
            key=lambda other: -len(tags & site.projects[other].tags),
        )
        return self._render(
            "project.html",
            request,
            edition,
            path=f"/projects/{project}",
            id=project,
            project=content.projects[project],
            near=near[:RELATED],
        )

    async def _arranged(self, request: Request, edition: Edition) -> Arranged:
        """Return the order for who asks; the original one for who asks for that."""
        site, language = edition.site, edition.language
        shown: Mapping[str, Any]
        if _wants_original(request):
            shown, said = self._service.rule(None, language)._asdict(), ASKED
        else:
            sender = self._service.sender(request)
            answer = await self._service.personalize(None, sender, language)
            shown = orjson.loads(b"{%s}" % answer.members)
            said = why(answer, shown["reasoning"], self._service.evidence, site, language)
            if sender.opted_out:
                said = BY_BROWSER
        first = shown["featured_projects"]
        return Arranged(
            [section for section in shown["priority_sections"] if section != "home"],
            [*first, *(project for project in site.projects if project not in first)],
            shown["highlight_skills"],
            said,
        )

    def _render(
        self, template: str, request: Request, edition: Edition, status: int = 200, **values: Any
    ) -> Response:
        original = _wants_original(request)
        return self._renderer.page(
            template,
            edition.language,
            status,
            zips="gzip" in request.headers.get("accept-encoding", ""),
            edition=edition,
            editions=self._service.editions,
            content=edition.content,
            site=edition.site,
            original=original,
            # Who asked for the original order keeps it from page to page.
            query="?order=original" if original else "",
            **values,
        )


def _wants_original(request: Request) -> bool:
    return request.query_params.get("order") == ORIGINAL
