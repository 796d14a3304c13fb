"""How one style of visitor acts on one site: what it draws, and how likely what was drawn is.

Every draw follows the style for a share of the time and the average visitor for the rest.
Acts are drawn independently of each other, which keeps the likelihood of a visit exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any

from vitrine.domain.draw import BACKGROUND, RARE
from vitrine.domain.event import CATALOGUE_KINDS, Event, EventType, Parameter, ParameterKind
from vitrine.domain.referrer import DIRECT, HOSTS, referrer_class
from vitrine.domain.site import Item, Site
from vitrine.usecases.personas import Style

LANDS = 0.6
"""The share of visits that begin with the view of a section, as a page reports it."""
FRONT_DOOR = 0.5
"""The share of those that begin at the first section of the site."""
AVERAGE_SECONDS = 10.0
SPREAD = 0.8
"""Standard deviation of the logarithm of a duration."""
PERCENTS = (25, 50, 75, 100)
AVERAGE_DEPTH = (3.0, 3.0, 2.0, 2.0)
AVERAGE_REFERRERS: Mapping[str, float] = {"direct": 4, "search": 3, "social": 1, "other": 1}
READING: Mapping[str, float] = {"skill_hover": 0.1, "deep_read": 1.5}
"""What an act takes of the time that the style gives to a section."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A choice among a few values, with their probabilities."""

    values: tuple[str, ...]
    cumulative: tuple[float, ...]
    probability: Mapping[str, float]

    @classmethod
    def mixed(cls, focus: float, own: Mapping[str, float], average: Mapping[str, float]) -> Draw:
        """Return a draw that follows `own` weights for a share of `focus`, else `average`."""
        ours, theirs = sum(own.values()), sum(average.values())
        values = tuple(dict.fromkeys((*own, *average)))
        share = focus if ours else 0.0
        probability = {
            value: share * own.get(value, 0.0) / (ours or 1.0)
            + (1.0 - share) * average.get(value, 0.0) / theirs
            for value in values
        }
        return cls(values, tuple(accumulate(probability.values())), probability)

    def pick(self, random: Random) -> str:
        return random.choices(self.values, cum_weights=self.cumulative)[0]


class Behaviour:
    """A style on a site; `noise` from 0 to 1 is what is taken from the style's focus.

    What is not the style's own is what the average visitor does, or, for the `aimless`,
    any act on any item, one as readily as another.
    """

    def __init__(
        self, site: Site, style: Style, noise: float = 0.0, *, aimless: bool = False
    ) -> None:
        self.style = style
        self.focus = style.focus * (1.0 - noise)
        self._site = site
        self._aimless = aimless
        known = {name: kind for name, kind in site.event_types.items() if _possible(kind)}
        self.acts = Draw.mixed(
            self.focus,
            {name: weight for name, weight in style.acts.items() if name in known},
            {name: 1.0 if aimless else BACKGROUND.get(name, RARE) for name in known},
        )
        things = {**site.projects, **site.skills}
        self.items: dict[ParameterKind, Draw] = {
            kind: self._items(items.values(), words)
            for kind, items, words in (
                (ParameterKind.PROJECT, site.projects, style.interests),
                (ParameterKind.SKILL, site.skills, style.interests),
                (ParameterKind.SECTION, site.sections, style.sections),
                (ParameterKind.ITEM, things, style.interests),
            )
            if items
        }
        self.percent = Draw.mixed(
            self.focus,
            {str(p): weight for p, weight in zip(PERCENTS, style.depth, strict=True)},
            {str(p): weight for p, weight in zip(PERCENTS, AVERAGE_DEPTH, strict=True)},
        )
        self.referrer = Draw.mixed(self.focus, style.referrers, AVERAGE_REFERRERS)
        self._front = next(iter(site.sections), None)
        self._lands = self._front is not None and "section_view" in known

    def _items(self, items: Iterable[Item], words: Mapping[str, float]) -> Draw:
        """Draw items by the words that they share with the style; others by their place."""
        own, average = {}, {}
        for place, item in enumerate(items):
            average[item.id] = 1.0 if self._aimless else 1.0 / math.sqrt(1.0 + place)
            liking = sum(words.get(word, 0.0) for word in words_of(item))
            if liking:
                own[item.id] = liking
        return Draw.mixed(self.focus, own, average)

    def body(self, random: Random, *, first: bool, timed: bool) -> dict[str, Any]:
        """Draw one event in the API's form; `timed` pages report durations."""
        lands = first and self._lands and random.random() < LANDS
        name = "section_view" if lands else self.acts.pick(random)
        params = self._fill(self._site.event_types[name], random, timed=timed)
        if lands and random.random() < FRONT_DOOR:
            params["section_id"] = self._front
        return {"event_name": name, "event_params": params}

    def page_referrer(self, random: Random) -> str:
        """Draw the address of the page that led here; empty for none."""
        return address_of(self.referrer.pick(random))

    def _fill(self, kind: EventType, random: Random, *, timed: bool) -> dict[str, Any]:
        return {
            parameter.name: self._value(kind.name, parameter, random)
            for parameter in kind.parameters
            if _fillable(parameter) and (timed or parameter.kind is not ParameterKind.DURATION_MS)
        }

    def _value(self, event: str, parameter: Parameter, random: Random) -> Any:
        kind = parameter.kind
        if kind in self.items:
            return self.items[kind].pick(random)
        if kind is ParameterKind.DURATION_MS:
            own = random.random() < self.focus
            seconds = (self.style.seconds if own else AVERAGE_SECONDS) * READING.get(event, 1.0)
            return round(1000 * seconds * random.lognormvariate(0.0, SPREAD))
        if kind is ParameterKind.PERCENT:
            return int(self.percent.pick(random))
        if kind is ParameterKind.COUNT:
            return random.randint(2, 4)
        if kind is ParameterKind.URL:
            return "https://code.example/repository"
        if kind is ParameterKind.LANGUAGE:
            return random.choice(self._site.languages)
        return random.choice(sorted(parameter.choices))

    def likelihood(self, event: Event, kind: EventType, *, first: bool) -> float:
        """Return how likely the behaviour draws the event, up to what all of them share."""
        params = event.params
        chosen = 1.0
        for parameter in kind.parameters:
            value = params.get(parameter.name)
            if value is None:
                continue
            if parameter.kind in self.items:
                chosen *= self.items[parameter.kind].probability[str(value)]
            elif parameter.kind is ParameterKind.DURATION_MS:
                chosen *= self._density(event.name, int(value))
            elif parameter.kind is ParameterKind.PERCENT:
                chosen *= self.percent.probability[str(value)]
        found = self.acts.probability[event.name] * chosen
        if first and self._lands:
            found = (1.0 - LANDS) * found + LANDS * self._landing(event, chosen)
        if first and "page_referrer" in params:
            found *= self.referrer.probability.get(str(params["page_referrer"]), 1e-9)
        return found

    def _landing(self, event: Event, chosen: float) -> float:
        if event.name != "section_view":
            return 0.0
        section = str(event.params["section_id"])
        elsewhere = (1.0 - FRONT_DOOR) * chosen
        if section != self._front:
            return elsewhere
        return elsewhere + FRONT_DOOR * (
            chosen / self.items[ParameterKind.SECTION].probability[section]
        )

    def _density(self, event: str, duration_ms: int) -> float:
        log_seconds = math.log(max(duration_ms, 1) / 1000 / READING.get(event, 1.0))

        def bell(median: float) -> float:
            return math.exp(-(((log_seconds - math.log(median)) / SPREAD) ** 2) / 2)

        return self.focus * bell(self.style.seconds) + (1.0 - self.focus) * bell(AVERAGE_SECONDS)


def _fillable(parameter: Parameter) -> bool:
    return parameter.kind not in CATALOGUE_KINDS or bool(parameter.choices)


def _possible(kind: EventType) -> bool:
    """Whether a page of the site can report such an event: a site without projects cannot."""
    return all(_fillable(parameter) for parameter in kind.parameters if parameter.required)


@lru_cache(maxsize=1_000)
def words_of(item: Item) -> Sequence[str]:
    """Return the words of an item's id, title and tags, each once, whole ids among them."""
    texts = (item.id, item.title, *sorted(item.tags))
    words = (word for text in texts for word in re.split(r"[^a-z0-9]+", text.lower()))
    return tuple(dict.fromkeys((item.id, *item.tags, *filter(None, words))))


def address_of(name: str) -> str:
    """Return an address whose referrer class is `name`; empty for none."""
    if name == DIRECT:
        return ""
    hosts = (host if "." in host else f"{host}.com" for host, kind in HOSTS.items() if kind == name)
    for host in hosts:
        if referrer_class(f"https://{host}/") == name:
            return f"https://{host}/"
    return "https://elsewhere.example/"
