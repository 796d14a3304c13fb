"""How the signs of a site tilt what visitors draw: the acts, items and habits to be met.

A segment's signs make some values likelier than they are for the average visitor. What
that says is a log-likelihood ratio over everything that could have been drawn, so that a
segment which claims everything gains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import mul

from vitrine.domain.referrer import CLASSES
from vitrine.domain.site import Item, Segment, SignKind, Site

BACKGROUND: Mapping[str, float] = {
    "project_click": 0.2,
    "skill_hover": 0.2,
    "section_view": 0.25,
    "contact_intent": 0.02,
    "language_switch": 0.02,
    "deep_read": 0.08,
    "repeat_view": 0.05,
    "scroll_depth": 0.1,
    "career_timeline_interact": 0.03,
    "download_resume": 0.01,
    "external_link_click": 0.04,
}
"""How often people do each thing by habit; what is not named counts as 0.02."""
RARE = 0.02
ECHO = 0.5
"""How much each further sign of one item counts, as a share of the one before: the tags of an
item mean much the same, so three of them are not three findings."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One kind of feature: what can be drawn, how often on average, and how signs tilt that.

    `tilts` holds one row per value, one log-likelihood ratio per segment, as declared.
    """

    prefix: str
    background: tuple[float, ...]
    values: tuple[str, ...]
    tilts: tuple[tuple[float, ...], ...]

    def rows(self, trust: float, noise: float) -> Iterator[tuple[str, tuple[float, ...]]]:
        """Return the log-likelihood ratio of each value under each segment.

        A visitor of a segment draws a value its tilt's exponential times as readily, all
        values together being certain; for a share of `noise` it does what anybody does.
        """
        grown = [[math.exp(trust * tilt) for tilt in row] for row in self.tilts]
        total = sum(self.background)
        means = [
            sum(map(mul, self.background, column)) / total for column in zip(*grown, strict=True)
        ]
        for value, row in zip(self.values, grown, strict=True):
            yield (
                f"{self.prefix}:{value}",
                tuple(
                    math.log(noise + (1.0 - noise) * likes / mean)
                    for likes, mean in zip(row, means, strict=True)
                ),
            )


def _draw(
    kind: SignKind,
    background: Mapping[str, float],
    segments: tuple[Segment, ...],
    items: Mapping[str, Item] | None = None,
) -> Draw:
    kinds = (kind, SignKind.SECTION) if kind is SignKind.LANDING else (kind,)

    def tilt(value: str, segment: Segment) -> float:
        tags = items[value].tags if items else ()
        said = [
            sign.strength
            for sign in segment.signs
            if (sign.kind in kinds and sign.value == value)
            or (sign.kind is SignKind.TAG and sign.value in tags)
        ]
        return _together(s for s in said if s > 0) - _together(-s for s in said if s < 0)

    tilts = tuple(tuple(tilt(value, segment) for segment in segments) for value in background)
    return Draw(kind.value, tuple(background.values()), tuple(background), tilts)


def _together(strengths: Iterable[float]) -> float:
    """Return what signs of one direction say of one item: the strongest in full, others less."""
    strongest_first = sorted(strengths, reverse=True)
    return sum(strength * ECHO**rank for rank, strength in enumerate(strongest_first))


def _background(site: Site) -> dict[str, float]:
    """Return how often each event is met: half by habit, half by doing anything at all."""
    habits = {name: BACKGROUND.get(name, RARE) for name in site.event_types}
    even = sum(habits.values()) / (len(habits) or 1)
    return {name: (habit + even) / 2.0 for name, habit in habits.items()}


def draws_of(site: Site) -> Iterator[Draw]:
    """Return every kind of feature that a visit to the site can show."""
    segments = site.segments
    for kind, items in (
        (SignKind.PROJECT, site.projects),
        (SignKind.SKILL, site.skills),
        (SignKind.SECTION, site.sections),
        (SignKind.LANDING, site.sections),
    ):
        yield _draw(kind, dict.fromkeys(items, 1.0), segments, items)
    yield _draw(SignKind.EVENT, _background(site), segments)
    yield _draw(SignKind.PACE, {"skim": 0.4, "read": 0.4, "study": 0.2}, segments)
    yield _draw(SignKind.DEPTH, {"shallow": 0.4, "half": 0.3, "deep": 0.3}, segments)
    classes = (*CLASSES, *(site.referrers or {}).values())
    yield _draw(SignKind.REFERRER, dict.fromkeys(classes, 1.0), segments)
