"""Asks models what each segment should see first, where too few visits can tell."""

from __future__ import annotations

import json
from collections.abc import Callable

from vitrine.domain.question.rules import RulesQuestion, SegmentUse
from vitrine.domain.site import Site
from vitrine.usecases.analyse import NOTE as USE_NOTE
from vitrine.usecases.analyse import UseTable
from vitrine.usecases.chain import RULES
from vitrine.usecases.model_ports import Analyst
from vitrine.usecases.ports import Notes
from vitrine.usecases.suggestions import NOTE, kept_suggestions

ENOUGH_VISITS = 100
"""Of a segment: from then on its visitors say themselves what they look for."""
ASK_EVERY_MS = 24 * 3_600_000


class Suggest:
    """Callable; keeps one day's suggestions of a model beside the use that real visits show."""

    def __init__(
        self, *, site: Site, notes: Notes, analyst: Analyst, clock: Callable[[], int]
    ) -> None:
        self._site = site
        self._notes = notes
        self._analyst = analyst
        self._clock = clock

    async def __call__(self) -> bool:
        """Ask where that is due, and tell whether suggestions were kept.

        Due is a new version of the site, or a day; not where every segment has been visited
        often enough. Raises `StoreUnavailableError` as the store does.
        """
        table = UseTable.load(await self._notes.get(USE_NOTE), self._site)
        use = {
            segment: SegmentUse(tally.visits, tally.use)
            for segment, tally in table.segments.items()
        }
        enough = [segment for segment, found in use.items() if found.visits >= ENOUGH_VISITS]
        if len(enough) == len(self._site.segment_ids) or not await self._due():
            return False
        answer = await self._analyst.answer(RulesQuestion(self._site, use))
        if answer.leg == RULES:
            return False
        kept = {
            "site": self._site.version,
            "at": self._clock(),
            "provider": answer.leg,
            "model": answer.model,
            "segments": {name: suggestion._asdict() for name, suggestion in answer.value.items()},
        }
        await self._notes.put(NOTE, json.dumps(kept, separators=(",", ":")).encode())
        return True

    async def _due(self) -> bool:
        kept = kept_suggestions(await self._notes.get(NOTE))
        at = kept.get("at")
        fresh = isinstance(at, int) and self._clock() - at < ASK_EVERY_MS
        return not (fresh and kept.get("site") == self._site.version)
