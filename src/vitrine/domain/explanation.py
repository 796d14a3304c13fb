"""Words for what was computed: why a visit is taken for a segment, why a page is so ordered.

Every number in a sentence comes in as an argument; nothing here makes one up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vitrine.domain.event import Event
from vitrine.domain.evidence import Contribution
from vitrine.domain.site import Segment, Site
from vitrine.domain.wording import wording


class Reason(NamedTuple):
    """What one feature of a visit said, for people.

    `weight` is how much of it was seen, in the weights of `domain/evidence.py`: opening a
    project counts 1, a deep read 1.5, and half of what earlier visits showed is remembered.
    `log_odds` is what it adds for the segment, against it where negative; `says` is that in
    words.
    """

    feature: str
    what: str
    weight: float
    log_odds: float
    says: str


class Act(NamedTuple):
    """One event for people: what was done, and what it was about."""

    what: str
    about: str


SAYS = ((1.0, "strongly for"), (0.3, "for"), (0.05, "a little for"), (-0.05, "hardly"))
"""Log-odds from which evidence says so much; 1.0 makes a segment 2.7 times as likely."""
SURE = ((0.9, "very sure"), (0.75, "fairly sure"), (0.0, "rather likely"))
"""Confidence from which a decision is so sure; it is calibrated, so 0.9 is 9 of 10 right."""


def explain(
    contributions: Iterable[Contribution], site: Site, language: str = "en"
) -> list[Reason]:
    """Return what each contribution says about the visitor, in the order given."""
    words = wording(language)
    return [
        Reason(
            feature,
            words.feature(feature, _title(site, feature)),
            round(weight, 2),
            round(log_odds, 2),
            words.degrees[next((word for least, word in SAYS if log_odds >= least), "against")],
        )
        for feature, weight, log_odds in contributions
    ]


def sureness(confidence: float, threshold: float, language: str = "en") -> str:
    """Return a confidence in words; one below the threshold is not sure enough."""
    word = next(word for least, word in SURE if confidence >= least)
    return wording(language).degrees[word if confidence >= threshold else "not sure"]


def act(event: Event, site: Site, language: str = "en") -> Act:
    """Return what somebody did, with the titles of what it was about."""
    words = wording(language)
    what = words.acts.get(event.name) or words.other["event"].format(event.name)
    about = [
        _about(site, name, value)
        for name, value in event.params.items()
        if name not in ("duration_ms", "count", "page_referrer")
    ]
    return Act(what, " → ".join(about))


def reasoning_of(segment: Segment, language: str) -> str:
    """Return the owner's words on a segment, else a plain sentence with its title.

    Without words in that language, those in the first language that the owner wrote serve.
    """
    texts = segment.reasoning or {}
    for wanted in (language, language.split("-", 1)[0]):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()), wording(language).for_segment.format(segment.title))


def most_used(kind: str, title: str, visits: int, language: str) -> str:
    """Return the sentence that names what `visits` visits of a segment used most."""
    words = wording(language)
    counted = words.visits[visits != 1].format(visits)
    return words.most_used[kind].format(visits=counted, title=title)


def _about(site: Site, name: str, value: str | int) -> str:
    if name == "percent":
        return f"{value} %"
    for items in (site.sections, site.projects, site.skills):
        if name.endswith("_id") and value in items:
            return items[str(value)].title
    return str(value)


def _title(site: Site, feature: str) -> str:
    kind, _, value = feature.partition(":")
    items = {"project": site.projects, "skill": site.skills}.get(kind, site.sections)
    if kind in ("project", "skill", "section", "landing") and value in items:
        return items[value].title
    return value.replace("_", " ")
