"""What each segment is shown: an order of the site's own sections, projects and skills."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vitrine.domain.explanation import most_used, reasoning_of
from vitrine.domain.site import Item, Segment, SignKind, Site
from vitrine.domain.wording import wording

Use = Mapping[str, Mapping[str, float]]
"""Weighted uses by kind (`project`, `skill`, `section`) and item id."""

Pins = Mapping[str, Sequence[str]]
"""Items that the owner wants first, in this order, by kind; the rest follows as derived."""

PSEUDO_USES = 20.0
"""How firmly the owner's word is held: as if each item had been used 20 times already."""
MATERIAL = 0.25
"""A logarithm below this (28 % more than expected) is taken for chance and moves nothing."""


class Rule(NamedTuple):
    """What visitors of one segment are shown, in ids of the site's catalogue alone.

    `visits` is how many real visits of the segment spoke in it; 0 means that the
    catalogue's own signs did.
    """

    segment: str | None
    priority_sections: tuple[str, ...]
    featured_projects: tuple[str, ...]
    highlight_skills: tuple[str, ...]
    reasoning: str
    visits: int = 0


class Suggestion(NamedTuple):
    """An order of a segment's items by kind, and the items that decided it, as `kind:id`."""

    order: Mapping[str, Sequence[str]]
    because: Sequence[str]


def rule_for(
    site: Site,
    segment: str | None,
    language: str,
    use: Use | None = None,
    visits: int = 0,
    everyone: Use | None = None,
    suggestion: Suggestion | None = None,
    pins: Pins | None = None,
) -> Rule:
    """Return what a segment is shown, or for `None` the page as the site's owner arranged it.

    Each kind of item is ordered by what the segment's signs declare, corrected by what
    `visits` visits of it did (`use`), compared with the other visits (`everyone` less
    `use`). So neither what everybody likes nor what stands first on everybody's page counts
    as this segment's own; where nobody else came, plain popularity does. A `suggestion` stands
    in for what the signs declare; use corrects it just so. `pins` come before all of that. Ids
    that the site does not declare are ignored, and equals keep the site's own order. A
    `segment` that the site does not declare raises `KeyError`.
    """
    if segment is None:
        return Rule(
            None,
            tuple(site.sections),
            tuple(site.projects)[: site.featured],
            tuple(site.skills)[: site.highlighted],
            wording(language).as_designed,
        )
    declared = next((known for known in site.segments if known.id == segment), None)
    if declared is None:
        raise KeyError(segment)
    used, by_all, pinned = use or {}, everyone or {}, pins or {}
    sections, projects, skills = (
        _pinned(
            pinned.get(kind, ()),
            _ordered(
                _suggested(items, kind, declared, suggestion),
                used.get(kind, {}),
                by_all.get(kind, {}),
            ),
        )
        for kind, items in _catalogue(site).items()
    )
    reasoning = reasoning_of(declared, language)
    clause = _clause(site, used, visits, language) or _reason(site, suggestion, language)
    return Rule(
        segment,
        sections,
        projects[: site.featured],
        skills[: site.highlighted],
        f"{reasoning} {clause}".rstrip(),
        visits,
    )


def _catalogue(site: Site) -> dict[str, Mapping[str, Item]]:
    return {"section": site.sections, "project": site.projects, "skill": site.skills}


def _suggested(
    items: Mapping[str, Item], kind: str, segment: Segment, suggestion: Suggestion | None
) -> dict[str, float]:
    """Return each item's affinity: as declared, or spread evenly over a suggested order.

    The spread is as wide as the declared affinities reach, so that a suggestion is held no
    more firmly than the owner's own word.
    """
    declared = {item.id: _affinity(item, kind, segment) for item in items.values()}
    order = [] if suggestion is None else list(suggestion.order.get(kind, ()))
    if sorted(order) != sorted(items) or len(order) < 2:
        return declared
    reach = max(map(abs, declared.values())) or 1.0
    step = 2.0 * reach / (len(order) - 1)
    places = {item: place for place, item in enumerate(order)}
    return {item: reach - step * places[item] for item in items}


def _ordered(
    affinity: Mapping[str, float], used: Mapping[str, float], by_all: Mapping[str, float]
) -> tuple[str, ...]:
    """Return the ids by affinity plus what use has taught since.

    The signs lead one to expect a share of the segment's use for each item: its share among
    other visits, tilted by exp(affinity). What use has taught is the logarithm of observed to
    expected uses, both with m pseudo-uses added: the posterior mean of their ratio under a
    gamma prior of mean 1 (the shrinkage of DuMouchel, The American Statistician 53, 1999).
    Without data that is nothing; with much of it the order is that of the lift, the item's
    share in the segment over its share among others, whatever was declared.
    """
    tilted = {
        item: (max(by_all.get(item, 0.0) - used.get(item, 0.0), 0.0) + PSEUDO_USES) * math.exp(tilt)
        for item, tilt in affinity.items()
    }
    per_mass = sum(used.get(item, 0.0) for item in affinity) / (sum(tilted.values()) or 1.0)
    scores = {}
    for item, tilt in affinity.items():
        expected = tilted[item] * per_mass
        taught = math.log((used.get(item, 0.0) + PSEUDO_USES) / (expected + PSEUDO_USES))
        scores[item] = tilt + (taught if abs(taught) >= MATERIAL else 0.0)
    return tuple(sorted(affinity, key=lambda item: -scores[item]))


def _pinned(first: Sequence[str], derived: Sequence[str]) -> tuple[str, ...]:
    kept = [item for item in first if item in derived]
    return (*kept, *(item for item in derived if item not in kept))


def _affinity(item: Item, kind: str, segment: Segment) -> float:
    return sum(
        sign.strength
        for sign in segment.signs
        if (sign.kind == kind and sign.value == item.id)
        or (sign.kind is SignKind.TAG and sign.value in item.tags)
    )


def _clause(site: Site, used: Use, visits: int, language: str) -> str:
    """Return a sentence on the one item that was used most, or nothing where there is none."""
    if visits < 1:
        return ""
    catalogue = _catalogue(site)
    for kind in ("project", "skill", "section"):
        items = catalogue[kind]
        uses = sorted(((used.get(kind, {}).get(item, 0.0), item) for item in items), reverse=True)
        if uses and uses[0][0] > 0.0 and (len(uses) == 1 or uses[0][0] > uses[1][0]):
            return most_used(kind, items[uses[0][1]].title, visits, language)
    return ""


def _reason(site: Site, suggestion: Suggestion | None, language: str) -> str:
    """Return our own sentence around the items that decided a suggestion, or nothing."""
    catalogue = _catalogue(site)
    titles = []
    for reason in suggestion.because if suggestion else ():
        kind, _, item = reason.partition(":")
        if item in catalogue.get(kind, {}):
            titles.append(catalogue[kind][item].title)
    return wording(language).stands_out.format(", ".join(titles)) if titles else ""
