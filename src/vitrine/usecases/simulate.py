"""Makes visitors: noisy people of each kind and of none, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any, NamedTuple

from vitrine.domain.site import Site
from vitrine.usecases.behaviour import Behaviour
from vitrine.usecases.personas import NO_KIND_SHARE, Style, styles_for

NOISES = (0.0, 0.15, 0.3)
"""Visitors of one style differ in how strictly they follow it."""
TIMED = 0.7
"""The share of visitors whose page reports durations."""
REFERRED = 0.8
"""The share of visitors whose browser tells where they came from."""
MEAN_EVENTS = 9
MOST_EVENTS = 40
MEAN_PAUSE_S = 6.0


class SimulatedEvent(NamedTuple):
    """One event in the API's form, without visitor and time; `after_ms` from the visit's start."""

    after_ms: int
    body: dict[str, Any]


class SimulatedVisitor(NamedTuple):
    """A visitor; `kind` is the segment that it truly belongs to, None for no kind."""

    kind: str | None
    style: str
    events: tuple[SimulatedEvent, ...]

    def bodies(self, user_id: str, started_ms: int) -> list[dict[str, Any]]:
        """Return the events as `POST /api/events` takes them."""
        return [
            {
                **event.body,
                "user_pseudo_id": user_id,
                "event_timestamp": started_ms + event.after_ms,
            }
            for event in self.events
        ]


def simulate(
    site: Site,
    seed: int,
    visitors: int | None = None,
    events: int | None = None,
    styles: tuple[Style, ...] | None = None,
) -> Iterator[SimulatedVisitor]:
    """Yield visitors, endlessly where no number is given.

    `events` fixes the length of each visit, else it is drawn. `styles` narrows who comes.
    """
    random = Random(seed)
    styles = styles_for(site) if styles is None else styles
    behaviours = [manners(site, style) for style in styles]
    weights = style_weights(styles)
    for _ in count() if visitors is None else range(visitors):
        levels = random.choices(behaviours, weights)[0]
        yield _visit(random.choice(levels), random, events or _length(random))


def manners(site: Site, style: Style) -> list[Behaviour]:
    """Return the ways, equally frequent, in which visitors of a style follow it."""
    return [
        Behaviour(site, style, noise, aimless=aimless)
        for aimless in (False, True)
        for noise in NOISES
    ]


def style_weights(styles: tuple[Style, ...]) -> list[float]:
    """Return how often each style comes: all kinds alike, but `NO_KIND_SHARE` of no kind."""
    kinds = {style.kind for style in styles}
    named = len(kinds - {None})
    each = {
        kind: (NO_KIND_SHARE if named else 1.0)
        if kind is None
        else (1.0 - NO_KIND_SHARE * (None in kinds)) / named
        for kind in kinds
    }
    siblings = [sum(other.kind == style.kind for other in styles) for style in styles]
    return [each[style.kind] / number for style, number in zip(styles, siblings, strict=True)]


def _length(random: Random) -> int:
    return min(1 + int(random.expovariate(1.0 / (MEAN_EVENTS - 1))), MOST_EVENTS)


def _visit(behaviour: Behaviour, random: Random, length: int) -> SimulatedVisitor:
    timed = random.random() < TIMED
    after_ms = 0
    events = []
    for index in range(length):
        body = behaviour.body(random, first=index == 0, timed=timed)
        if index == 0 and random.random() < REFERRED:
            body["event_params"]["page_referrer"] = behaviour.page_referrer(random)
        spent = body["event_params"].get("duration_ms", 0)
        after_ms += spent + round(1000 * random.expovariate(1.0 / MEAN_PAUSE_S))
        events.append(SimulatedEvent(after_ms, body))
    return SimulatedVisitor(behaviour.style.kind, behaviour.style.name, tuple(events))
