"""The kept list of crawlers' agents (`crawler-user-agents` on PyPI)."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import NamedTuple

LONGEST_AGENT = 512
"""Characters that are looked at: agents are words that visitors choose."""
REMEMBERED = 4_096
TOGETHER = 25
"""Patterns that are compiled into one; on a browser's agent the fastest of 1 to all 1,504."""
UNTAGGED = "other"


class _Chunk(NamedTuple):
    any_of: re.Pattern[str]
    patterns: tuple[tuple[str, str], ...]


class CrawlerList:
    """Satisfies `Crawlers`: the list's own category of an agent, such as `search-engine`.

    A look-up costs about 0.1 ms for an agent that is on no list, so the answers to the last
    few thousand agents are remembered. The list is loaded at the first question.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._match = lru_cache(maxsize=remembered)(self._look_up)

    def match(self, agent: str) -> str | None:
        """Return the category of a listed agent, `other` where the list has none for it."""
        return self._match(agent[:LONGEST_AGENT])

    def warm(self) -> None:
        """Load the list now; meant for a thread beside the start of a service."""
        self._look_up("")

    @cached_property
    def _chunks(self) -> tuple[_Chunk, ...]:
        from crawleruseragents import CRAWLER_USER_AGENTS_DATA

        listed = [
            (e["pattern"], next(iter(e.get("tags", ())), UNTAGGED))
            for e in CRAWLER_USER_AGENTS_DATA
        ]
        return tuple(
            _Chunk(re.compile("|".join(pattern for pattern, _ in chunk)), chunk)
            for start in range(0, len(listed), TOGETHER)
            for chunk in (tuple(listed[start : start + TOGETHER]),)
        )

    def _look_up(self, agent: str) -> str | None:
        for chunk in self._chunks:
            if chunk.any_of.search(agent):
                return next(tag for pattern, tag in chunk.patterns if re.search(pattern, agent))
        return None
