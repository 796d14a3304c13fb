"""What the pages are given: the use cases of one running service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request

from vitrine.domain.evidence import Evidence
from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.pages.content import Edition
from vitrine.senders import Senders
from vitrine.usecases.desk import Desk
from vitrine.usecases.identify import Sender
from vitrine.usecases.personalize import Personalize


@dataclass(frozen=True, slots=True)
class PageService:
    """Everything that a page may call; built by wiring alone.

    `editions` are those of the shipped portfolio, by language; empty for every other site.
    """

    site: Site
    evidence: Evidence
    personalize: Personalize
    rule: Callable[[str | None, str], Rule]
    desk: Desk
    senders: Senders
    editions: Mapping[str, Edition]

    def sender(self, request: Request) -> Sender:
        return self.senders.sender(dict(request.scope), dict(request.scope["headers"]))
