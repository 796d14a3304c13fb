"""One visitor's story: what they did, and how it came to be understood, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vitrine.domain.evidence import Evidence
from vitrine.domain.explanation import Reason, explain
from vitrine.domain.site import Site
from vitrine.domain.visit import Folding, Visit
from vitrine.usecases.archive import Archive, Past


class Step(NamedTuple):
    """One event, and what the visit was taken for after it; `decides` where that was new."""

    at_ms: int
    name: str
    params: Mapping[str, str | int]
    segment: str | None
    confidence: float
    decides: bool


class Chapter(NamedTuple):
    """One visit: its steps, and the evidence for what it is taken for (or is likeliest)."""

    visit: Visit
    likeliest: str
    steps: Sequence[Step]
    evidence: Sequence[Reason]


class Story:
    """Callable with a pseudonym.

    The steps are told as the site and its weights understand them today; a visit that was
    judged by others, or by a model's opinion, may have been taken for something else then.
    """

    def __init__(self, site: Site, evidence: Evidence, folding: Folding, archive: Archive) -> None:
        self._site = site
        self._evidence = evidence
        self._folding = folding
        self._archive = archive

    async def __call__(self, visitor: str) -> Sequence[Chapter]:
        """Return the visits of a visitor, the first first; none for an unknown one."""
        chapters = []
        before: Visit | None = None
        for past in await self._archive.past(visitor):
            before, steps = self._steps(past, before)
            chapters.append(self._chapter(past.visit, steps))
        return chapters

    def _steps(self, past: Past, before: Visit | None) -> tuple[Visit | None, list[Step]]:
        visit, taken_for = before, None
        steps = []
        for event in past.events:
            visit = self._folding.fold(visit, [event], serving=False)[-1]
            new = visit.segment is not None and visit.segment != taken_for
            taken_for = visit.segment
            steps.append(
                Step(event.at, event.name, event.params, visit.segment, visit.confidence, new)
            )
        return visit, steps

    def _chapter(self, visit: Visit, steps: Sequence[Step]) -> Chapter:
        scores, _ = self._evidence.scores(visit.features)
        likeliest = visit.segment or self._evidence.segments[scores.index(max(scores))]
        contributions = self._evidence.contributions(visit.features, likeliest)
        return Chapter(visit, likeliest, steps, explain(contributions, self._site))
