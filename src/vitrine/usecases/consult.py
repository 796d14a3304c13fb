"""Asks models about the kinds of visits that the visits alone do not decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from vitrine.domain.evidence import Evidence
from vitrine.domain.fingerprint import Levels, fingerprint_of, levels_of
from vitrine.domain.opinion import MOST_OPINIONS, Opinion, Opinions
from vitrine.domain.question import FailureReason
from vitrine.domain.question.segments import MOST_VISITS, SegmentsQuestion
from vitrine.domain.segment import assess
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.signals import Emit, FingerprintsLooked
from vitrine.usecases.chain import RULES
from vitrine.usecases.model_ports import Analyst, Answer, KeptOpinion, OpinionStore
from vitrine.usecases.ports import VisitStore

RECENT_MS = 30 * 60_000
"""Visits that may still be under way: the answer can improve them."""
LEAST_BATCH = 5
"""A batch that no model answers in full is halved down to this, never to one call a visit."""
MOST_BATCHES = 10
"""Of one run: a flood of visits asks no more than this and goes on with the next run."""
PAGE = 5_000


class Consulted(NamedTuple):
    """What a run did: kinds of visits that were known, asked and answered; visits that moved."""

    known: int
    asked: int
    answered: int
    reassessed: int


class Consult:
    """Callable; looks at recent visits and asks about what is unsure, once for each kind."""

    def __init__(
        self,
        *,
        site: Site,
        evidence: Evidence,
        opinions: Opinions,
        store: VisitStore,
        kept: OpinionStore,
        analyst: Analyst,
        emit: Emit,
        clock: Callable[[], int],
    ) -> None:
        self._site = site
        self._evidence = evidence
        self._opinions = opinions
        self._store = store
        self._kept = kept
        self._analyst = analyst
        self._emit = emit
        self._clock = clock
        self._loaded_until = 0

    async def load(self) -> None:
        """Take over what was answered since the last time, by whichever process."""
        since = self._loaded_until
        found = await self._kept.since(self._site.version, since, MOST_OPINIONS)
        self._opinions.learn(
            (kept.fingerprint, Opinion(kept.segment, kept.certainty)) for kept in reversed(found)
        )
        if found:
            self._loaded_until = found[0].answered_at

    async def __call__(self, since_ms: int | None = None) -> Consulted:
        """Return what was done; raises `StoreUnavailableError` as the stores do.

        `since_ms` is half an hour ago if left out.
        """
        await self.load()
        since = self._clock() - RECENT_MS if since_ms is None else since_ms
        unsure: dict[str, list[Visit]] = {}
        async for visit in self._unsure(since):
            unsure.setdefault(self._fingerprint(visit), []).append(visit)
        asked = {
            fingerprint: levels_of(visits[0].features, self._evidence.rows)
            for fingerprint, visits in unsure.items()
            if fingerprint not in self._opinions
        }
        answered = 0
        names = list(asked)[: MOST_BATCHES * MOST_VISITS]
        for start in range(0, len(names), MOST_VISITS):
            batch = {name: asked[name] for name in names[start : start + MOST_VISITS]}
            answered += await self._ask(batch)
        reassessed = await self._reassess([visit for kind in unsure.values() for visit in kind])
        self._emit(FingerprintsLooked(len(unsure) - len(asked), len(names)))
        return Consulted(len(unsure) - len(asked), len(names), answered, reassessed)

    async def _unsure(self, since_ms: int) -> AsyncIterator[Visit]:
        """Yield visits of people that are undecided although they show something known."""
        after: tuple[str, int] | None = None
        while page := await self._store.visits_since(since_ms, after, PAGE):
            for visit in page:
                if visit.segment is None and not visit.bot and self._speaks(visit):
                    yield visit
            after = (page[-1].visitor, page[-1].ordinal)

    def _speaks(self, visit: Visit) -> bool:
        """Tell whether a visit shows an item of the site, and not only how it was reached."""
        return any(
            name in self._evidence.rows and name.startswith(("project:", "skill:", "section:"))
            for name in visit.features
        )

    def _fingerprint(self, visit: Visit) -> str:
        return fingerprint_of(levels_of(visit.features, self._evidence.rows))

    async def _ask(self, batch: Mapping[str, Levels]) -> int:
        """Return how many kinds of visits a model answered; halves what it got muddled."""
        question = SegmentsQuestion(self._site, tuple(batch.values()))
        answer = await self._analyst.answer(question)
        if answer.leg != RULES:
            await self._keep(batch, answer)
            return len(batch)
        muddled = any(attempt.reason is FailureReason.MISMATCH for attempt in answer.failed)
        if not muddled or len(batch) <= LEAST_BATCH:
            return 0
        names = list(batch)
        half = (len(names) + 1) // 2
        halves = (names[:half], names[half:])
        return sum([await self._ask({name: batch[name] for name in part}) for part in halves])

    async def _keep(self, batch: Mapping[str, Levels], answer: Answer[tuple[Opinion, ...]]) -> None:
        now = self._clock()
        pairs = list(zip(batch, answer.value, strict=True))
        await self._kept.keep(
            self._site.version,
            [
                KeptOpinion(name, batch[name], *opinion, answer.leg, answer.model, now)
                for name, opinion in pairs
            ],
        )
        self._opinions.learn(pairs)

    async def _reassess(self, visits: Sequence[Visit]) -> int:
        moved = []
        for visit in visits:
            found = assess(visit.features, self._evidence, self._site.threshold, self._opinions)
            if found != (visit.segment, visit.confidence):
                moved.append(replace(visit, segment=found.segment, confidence=found.confidence))
        if moved:
            await self._store.reassess(moved)
        return len(moved)
