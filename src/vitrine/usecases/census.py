"""Who comes: visits of the last days by segment, what they did, and how sure it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from vitrine.domain.site import Site
from vitrine.usecases.archive import BINS, Archive, Crowd

DAY_MS = 24 * 3_600_000
FRESH_FOR_MS = 60_000
"""Counting reads every visit of the period, so that not each look counts anew."""
TOP_EVENTS = 3


class Group(NamedTuple):
    """The visits of one segment, `None` for those that are undecided.

    `converted` of the `visits` had a conversion; `events` are those that happened most.
    """

    segment: str | None
    title: str
    visits: int
    first: int
    conversions: int
    converted: int
    confidence: float
    events: Sequence[tuple[str, int]]


class Counted(NamedTuple):
    """A census: its groups in the site's order, all events, visits by confidence, and when."""

    days: int
    groups: Sequence[Group]
    events: Sequence[tuple[str, int]]
    by_confidence: Sequence[int]
    at_ms: int

    @property
    def visits(self) -> int:
        return sum(group.visits for group in self.groups)

    @property
    def decided(self) -> int:
        return sum(group.visits for group in self.groups if group.segment is not None)


class Census:
    """Callable with a number of days; what was counted within a minute is told again."""

    def __init__(self, site: Site, archive: Archive, clock: Callable[[], int]) -> None:
        self._site = site
        self._archive = archive
        self._clock = clock
        self._known: dict[int, Counted] = {}
        self._counting = asyncio.Lock()

    async def __call__(self, days: int) -> Counted:
        """Return the census; raises `StoreUnavailableError` as the archive does."""
        async with self._counting:
            known = self._known.get(days)
            if known is None or self._clock() - known.at_ms > FRESH_FOR_MS:
                known = self._known[days] = await self._count(days)
            return known

    async def _count(self, days: int) -> Counted:
        now = self._clock()
        since = now - days * DAY_MS
        crowds, events = await asyncio.gather(
            self._archive.crowds(since), self._archive.events(since)
        )
        named: dict[str | None, str] = {one.id: one.title for one in self._site.segments}
        named[None] = "undecided"
        all_events: Counter[str] = Counter()
        for (_, name), count in events.items():
            all_events[name] += count
        by_confidence = [0] * BINS
        for crowd in crowds:
            by_confidence[crowd.bin] += crowd.visits
        groups = [_group(segment, title, crowds, events) for segment, title in named.items()]
        return Counted(days, groups, all_events.most_common(), by_confidence, now)


def _group(
    segment: str | None,
    title: str,
    crowds: Sequence[Crowd],
    events: Mapping[tuple[str | None, str], int],
) -> Group:
    own = [crowd for crowd in crowds if crowd.segment == segment]
    visits = sum(crowd.visits for crowd in own)
    did = Counter({name: count for (of, name), count in events.items() if of == segment})
    return Group(
        segment,
        title,
        visits,
        sum(crowd.first for crowd in own),
        sum(crowd.conversions for crowd in own),
        sum(crowd.converted for crowd in own),
        sum(crowd.confidence for crowd in own) / visits if visits else 0.0,
        did.most_common(TOP_EVENTS),
    )
