"""A service on memory adapters that has pages, of the shipped portfolio or of another site."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tests.service import Parts
from vitrine.adapters.site_file import find_site, load_site
from vitrine.api.app import Application
from vitrine.api.http import AsgiApp
from vitrine.domain.evidence import Evidence
from vitrine.domain.weights import FITTED
from vitrine.pages.content import editions
from vitrine.pages.router import pages_router
from vitrine.pages.service import PageService
from vitrine.senders import Senders

PORTFOLIO = load_site(find_site("portfolio"))
MODELLED = (
    {
        "event_name": "section_view",
        "event_params": {"section_id": "research", "page_referrer": "https://arxiv.org/abs/1"},
    },
    {"event_name": "project_click", "event_params": {"project_id": "vision-api"}},
    {"event_name": "skill_hover", "event_params": {"skill_id": "pytorch", "duration_ms": 1_500}},
)
"""What an ML engineer does."""


@dataclass
class PageParts(Parts):
    """Everything that a service with pages is made of."""

    portfolio: bool = True

    def __post_init__(self) -> None:
        if self.portfolio:
            self.site = PORTFOLIO

    @cached_property
    def pages(self) -> PageService:
        return PageService(
            site=self.site,
            evidence=Evidence(self.site, FITTED),
            personalize=self.personalize,
            rule=self.rules.rule,
            desk=self.desk,
            senders=Senders([]),
            editions=editions(self.site) if self.portfolio else {},
        )

    @cached_property
    def app(self) -> AsgiApp:
        return Application(self.service, [pages_router(self.pages)])
