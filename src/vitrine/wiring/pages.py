"""The pages of a service: the portfolio where it is the home's site, and the visitor's own."""

from __future__ import annotations

from collections.abc import Mapping

from vitrine.api.service import Service
from vitrine.pages.content import Edition
from vitrine.pages.service import PageService
from vitrine.wiring.home import Home


def pages_of(home: Home, service: Service, portfolio: Mapping[str, Edition]) -> PageService:
    """Return what the pages of a service are given."""
    return PageService(
        site=home.site,
        evidence=home.evidence,
        personalize=service.personalize,
        rule=service.rule,
        desk=service.desk,
        senders=service.senders,
        editions=portfolio,
    )
