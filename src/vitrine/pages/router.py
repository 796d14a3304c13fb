"""All pages that people see, and the files that they load."""

from __future__ import annotations

from fastapi import APIRouter

from vitrine.pages.assets import Assets
from vitrine.pages.portfolio import Portfolio
from vitrine.pages.render import Renderer
from vitrine.pages.service import PageService
from vitrine.pages.snippet import snippet_router
from vitrine.pages.visitor import VisitorPage
from vitrine.pages.welcome import welcome_router

FILES = ("/assets/{name}", "/favicon.ico", "/vitrine.js", "/.well-known/gpc.json")
"""Routes whose answers lie ready in memory: how long they take says nothing."""


def pages_router(service: PageService) -> APIRouter:
    """Return every route: the portfolio where it is the site, a welcome where it is not."""
    assets = Assets()
    renderer = Renderer(assets)
    router = APIRouter()
    if service.editions:
        router.include_router(Portfolio(service, renderer).router())
    else:
        router.include_router(welcome_router(service, renderer))
    router.include_router(VisitorPage(service, renderer).router())
    router.include_router(snippet_router())
    router.include_router(assets.router())
    return router
