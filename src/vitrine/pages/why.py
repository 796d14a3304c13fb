"""Why a page is in the order in which it is, for the panel that says so."""

from __future__ import annotations

from typing import NamedTuple

from vitrine.domain.evidence import Evidence
from vitrine.domain.explanation import Reason, explain, sureness
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.signals import DefaultReason, Variant
from vitrine.usecases.personalize import Answer

MOST_REASONS = 5
_STATES = {
    DefaultReason.UNDECIDED: "undecided",
    DefaultReason.OPTED_OUT: "by_you",
    DefaultReason.OFF: "off",
}


class Why(NamedTuple):
    """What the panel says.

    `state` names the words for it: `personalized`, `holdout`, `asked` (for the original order),
    or why it is the default page. Only a personalized page gives a segment and reasons: who is
    held out is told what everybody of them is told.
    """

    state: str
    percent: int = 0
    segment: str | None = None
    sureness: str = ""
    reasoning: str = ""
    reasons: tuple[Reason, ...] = ()


ASKED = Why("asked")
BY_BROWSER = Why("by_browser")


def why(answer: Answer, reasoning: str, evidence: Evidence, site: Site, language: str) -> Why:
    """Return what to say of an answer, with the titles of `site`."""
    percent = min(99, round(100 * answer.confidence))  # nothing is ever certain
    if answer.variant is Variant.HOLDOUT:
        return Why("holdout")
    if answer.segment is None or answer.visit is None:
        state = _STATES.get(answer.reason or DefaultReason.UNKNOWN_VISITOR, "unknown")
        return Why(state, percent)
    titles = {segment.id: segment.title for segment in site.segments}
    return Why(
        "personalized",
        percent,
        titles[answer.segment],
        sureness(answer.confidence, site.threshold, language),
        reasoning,
        _reasons(answer.visit, answer.segment, evidence, site, language),
    )


def _reasons(
    visit: Visit, segment: str, evidence: Evidence, site: Site, language: str
) -> tuple[Reason, ...]:
    """Return what spoke for the segment, strongest first."""
    contributions = evidence.contributions(visit.features, segment)
    speaking = [one for one in contributions if one.log_odds > 0.0]
    return tuple(explain(speaking[:MOST_REASONS], site, language))
