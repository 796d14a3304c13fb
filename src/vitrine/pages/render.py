"""HTML from templates, and the headers under which it is sent."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from vitrine.pages.art import art
from vitrine.pages.assets import Assets

ZIPPED_LEVEL = 5
"""A start page of 60 kB becomes 13 kB in a millisecond; more effort gains little."""
WORDS = Path(__file__).parent / "words"
HEADERS = {
    # Scripts, styles and images are files of ours; nothing is written into the page.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PERSONAL = {
    # Who asks is told from address and agent as well, which no cache can compare. The page is
    # kept nowhere, but a browser may still go back to it as it was.
    "Cache-Control": "private, no-store",
    "Vary": "*",
}


class Renderer:
    """Renders templates with the words of a language; whatever goes in is escaped."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=PackageLoader("vitrine.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=assets.address, art=art)

    def page(
        self, template: str, language: str, status: int = 200, *, zips: bool = False, **values: Any
    ) -> Response:
        """Return the answer that holds a rendered template, zipped where that may be."""
        words = words_in(language)
        html = self._environment.get_template(template).render(words=words, **values)
        headers = {**HEADERS, **PERSONAL}
        if not zips:
            return HTMLResponse(html, status, headers)
        headers["Content-Encoding"] = "gzip"
        return HTMLResponse(gzip.compress(html.encode(), ZIPPED_LEVEL), status, headers)


@cache
def words_in(language: str) -> Mapping[str, Any]:
    """Return our own words in a language; in English where we have none."""
    path = WORDS / f"{language.split('-', 1)[0]}.yaml"
    if not path.exists():
        path = WORDS / "en.yaml"
    read: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read
