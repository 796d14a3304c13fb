"""`/visitor`: what is known of a visit, as a page for its visitor."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from vitrine.domain.event import Rejection, RejectionReason
from vitrine.pages.render import Renderer
from vitrine.pages.route import PageRoute
from vitrine.pages.service import PageService
from vitrine.usecases.identify import Sender
from vitrine.usecases.ports import StoreUnavailableError


class VisitorPage:
    """Serves the page with the token of whoever asks written into it.

    The page takes the token into its memory, or that of its address's fragment, and shows
    what `/api/visitor` says.
    """

    def __init__(self, service: PageService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def router(self) -> APIRouter:
        """Return the page in each of the site's languages."""
        router = APIRouter(
            route_class=PageRoute, include_in_schema=False, default_response_class=Response
        )
        for number, language in enumerate(self._service.site.languages):
            self._add(router, language, f"/{language}" if number else "")
        return router

    def _add(self, router: APIRouter, language: str, prefix: str) -> None:
        @router.get(f"{prefix}/visitor")
        async def visitor(request: Request) -> Response:
            sender = self._service.sender(request)
            token, problem = await self._token(sender)
            return self._renderer.page(
                "visitor.html",
                language,
                prefix=prefix,
                site=self._service.site,
                edition=self._service.editions.get(language),
                editions=self._service.editions,
                path="/visitor",
                query="",
                token=token,
                problem=problem,
                opted_out=sender.opted_out,
                original=True,
            )

    async def _token(self, sender: Sender) -> tuple[str, str]:
        """Return the visitor's token, or nothing and which words say why."""
        try:
            found = await self._service.desk.token(None, sender)
        except StoreUnavailableError:
            return "", "no_token"
        if not isinstance(found, Rejection):
            return found, ""
        return "", "owner" if found.reason is RejectionReason.OWNER else "no_token"
