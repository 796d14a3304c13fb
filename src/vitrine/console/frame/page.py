"""Renders templates inside the console's layout."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vitrine import __version__
from vitrine.console.frame import words
from vitrine.console.frame.assets import Assets
from vitrine.console.frame.navigation import CHAPTERS, is_here
from vitrine.console.frame.session import Session
from vitrine.console.given import Given

TEMPLATES = Path(__file__).parents[1]


class Pages:
    """Shows templates. Every text is escaped; a name that a template lacks is an error."""

    def __init__(self, given: Given, assets: Assets) -> None:
        self._given = given
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(words.FILTERS)
        self._environment.globals.update(
            asset=assets.url,
            chapters=CHAPTERS,
            is_here=is_here,
            site=given.site,
            version=__version__,
        )

    def show(
        self,
        request: Request,
        template: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **said: Any,
    ) -> HTMLResponse:
        """Return a page."""
        session: Session | None = getattr(request.state, "session", None)
        text = self._environment.get_template(template).render(
            **said,
            session=session,
            theme=session.theme if session else "auto",
            here=request.url.path,
            now_ms=self._given.clock(),
            personalization_on=self._given.switch.on,
        )
        return HTMLResponse(text, status, headers)

    def piece(self, template: str, **said: Any) -> str:
        """Return a part of a page, for a script that puts it in its place."""
        return self._environment.get_template(template).render(**said)

    def refuse(
        self, request: Request, status: int, what: str, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """Return a page that says in a sentence why there is no other."""
        name = HTTPStatus(status).phrase
        return self.show(request, "frame/refusal.html", status, headers, name=name, what=what)
