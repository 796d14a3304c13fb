"""All that is kept of a visitor, in words that the visitor can read."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, datetime
from typing import Any

from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.explanation import act, sureness
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.signals import Variant
from vitrine.usecases.explain import explain_visit
from vitrine.usecases.personalize import Rules
from vitrine.usecases.ports import VisitStore


class Export:
    """Callable with a pseudonym and a language; `None` where nothing is kept.

    `sites` gives the site with its titles in a language.
    """

    def __init__(
        self,
        *,
        store: VisitStore,
        evidence: Evidence,
        sites: Callable[[str], Site],
        rules: Callable[[], Rules],
        opted_out: Container[str],
    ) -> None:
        self._store = store
        self._evidence = evidence
        self._sites = sites
        self._rules = rules
        self._opted_out = opted_out

    async def __call__(self, visitor: str, language: str) -> dict[str, Any]:
        visits, events = await self._store.history(visitor)
        site = self._sites(language)
        return {
            "visitor": visitor,
            "off": visitor in self._opted_out,
            "since": moment(visits[0].started) if visits else None,
            "now": self._now(visits[-1], site, language) if visits else None,
            "visits": [_visit(visit) for visit in visits],
            "events": [_event(event, site, language) for event in events],
        }

    def _now(self, visit: Visit, site: Site, language: str) -> dict[str, Any]:
        found = explain_visit(visit, self._evidence, site, language)
        titles = {segment.id: segment.title for segment in site.segments}
        shown = None if visit.held_out else visit.segment
        return {
            "segment": visit.segment,
            "title": titles.get(visit.segment or ""),
            "confidence": found["confidence"],
            "sureness": sureness(visit.confidence, site.threshold, language),
            "threshold": site.threshold,
            "variant": _variant(visit),
            "reasoning": self._rules().rule(shown, language).reasoning,
            "evidence": found["evidence"],
        }


def _variant(visit: Visit) -> Variant:
    if visit.segment is None or visit.bot:
        return Variant.DEFAULT
    return Variant.HOLDOUT if visit.held_out else Variant.PERSONALIZED


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "visit": visit.ordinal,
        "started": moment(visit.started),
        "last": moment(visit.last),
        "events": visit.events,
        "landing": visit.landing,
        "referrer": visit.referrer,
        "segment": visit.segment,
        "confidence": round(visit.confidence, 3),
        "conversions": visit.conversions,
        "features": visit.features,
    }


def _event(event: Event, site: Site, language: str) -> dict[str, Any]:
    what, about = act(event, site, language)
    return {
        "at": moment(event.at),
        "event_name": event.name,
        "event_params": event.params,
        "what": what,
        "about": about,
    }


def moment(ms: int) -> str:
    """Return a time as people and programs read it."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
