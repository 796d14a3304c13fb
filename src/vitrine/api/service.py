"""What the HTTP layer is given: the use cases of one running service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.senders import Senders
from vitrine.signals import Emit
from vitrine.usecases.desk import Desk
from vitrine.usecases.gate import Gate
from vitrine.usecases.ingest import Ingest
from vitrine.usecases.personalize import Personalize
from vitrine.usecases.ports import Forgotten, SwitchControl
from vitrine.usecases.review import Report


class Scrape(Protocol):
    """A rendered scrape with what its HTTP headers need."""

    body: bytes
    content_type: str
    zipped: bool


class Scraping(Protocol):
    """Renders the metrics; blocks for some milliseconds."""

    def __call__(self, accept: str, accept_encoding: str, *, public: bool) -> Scrape: ...


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that a request may call; built by wiring alone."""

    site: Site
    ingest: Ingest
    personalize: Personalize
    desk: Desk
    switch: SwitchControl
    senders: Senders
    emit: Emit
    admin_gate: Gate
    metrics_gate: Gate
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    ready: Callable[[], Awaitable[str | None]]
    summary: Callable[[], dict[str, Any]]
    scrape: Scraping
    set_log_level: Callable[[str], None]
    rule: Callable[[str | None, str], Rule]
    reload_rules: Callable[[], Awaitable[None]]
    review: Callable[[int], Awaitable[Report]]
    experiment: Callable[[], Awaitable[dict[str, Any]]]
    explain: Callable[[str], Awaitable[dict[str, Any] | None]]
    forget: Callable[[str], Awaitable[Forgotten]]
