"""Asks models about the kinds of visits that the visits alone do not decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
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
from vitrine.usecases.analyse import SAME_CONFIDENCE
from vitrine.usecases.chain import RULES
from vitrine.usecases.model_ports import Analyst, Answer, KeptOpinion, OpinionStore
from vitrine.usecases.ports import VisitStore

RECENT_MS = 30 * 60_000
"""Visits that may still be under way: the answer can improve them."""
LEAST_BATCH = 5
"""A batch that no model answers in full is halved down to this, never to one call a visit."""
MOST_BATCHES = 10
"""Of one run: a flood of visits asks no more than this and goes on with the next run."""
REST_MS = 5 * 60_000
"""For which a batch is let be that every model got wrong: asking again would be paid again."""
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
        self._resting: dict[str, int] = {}

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

        Looks at the visits at hand of the last half hour; with `since_ms`, at all that are
        stored since then.
        """
        await self.load()
        if since_ms is None:
            visits = self._store.recent(self._clock() - RECENT_MS)
        else:
            visits = [visit async for visit in self._stored(since_ms)]
        unsure: dict[str, list[Visit]] = {}
        for visit in filter(self._unsure, visits):
            unsure.setdefault(self._fingerprint(visit), []).append(visit)
        known = sum(name in self._opinions for name in unsure)
        asked = {
            name: levels_of(visits[0].features, self._evidence.rows)
            for name, visits in unsure.items()
            if name not in self._opinions and not self._rests(name)
        }
        tried, answered = await self._ask_in_batches(asked)
        reassessed = await self._reassess([visit for kind in unsure.values() for visit in kind])
        self._emit(FingerprintsLooked(known, tried))
        return Consulted(known, tried, answered, reassessed)

    async def _stored(self, since_ms: int) -> AsyncIterator[Visit]:
        after: tuple[str, int] | None = None
        while page := await self._store.visits_since(since_ms, after, PAGE):
            for visit in page:
                yield visit
            after = (page[-1].visitor, page[-1].ordinal)

    def _unsure(self, visit: Visit) -> bool:
        """Tell whether a person's visit is undecided although it shows something known."""
        return visit.segment is None and not visit.bot and self._speaks(visit)

    def _rests(self, fingerprint: str) -> bool:
        """Tell whether a kind of visit is let be, after no model could tell."""
        return self._resting.get(fingerprint, 0) > self._clock()

    async def _ask_in_batches(self, asked: Mapping[str, Levels]) -> tuple[int, int]:
        """Return how many kinds of visits were asked about, and how many were answered.

        A batch that nobody answers ends the run: the next would fare no better.
        """
        names = list(asked)[: MOST_BATCHES * MOST_VISITS]
        tried = answered = 0
        for start in range(0, len(names), MOST_VISITS):
            batch = {name: asked[name] for name in names[start : start + MOST_VISITS]}
            found = await self._ask(batch)
            tried, answered = tried + len(batch), answered + found
            if not found:
                break
        return tried, answered

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
            if any(isinstance(attempt.reason, FailureReason) for attempt in answer.failed):
                self._let_rest(batch)
            return 0
        names = list(batch)
        half = (len(names) + 1) // 2
        halves = (names[:half], names[half:])
        return sum([await self._ask({name: batch[name] for name in part}) for part in halves])

    def _let_rest(self, batch: Iterable[str]) -> None:
        now = self._clock()
        self._resting = {name: until for name, until in self._resting.items() if until > now}
        self._resting.update(dict.fromkeys(batch, now + REST_MS))

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
            if self._opinions.witness(visit.features) is None:
                continue
            found = assess(visit.features, self._evidence, self._site.threshold, self._opinions)
            if abs(found.confidence - visit.confidence) >= SAME_CONFIDENCE:
                moved.append(replace(visit, segment=found.segment, confidence=found.confidence))
        if moved:
            await self._store.reassess(moved)
        return len(moved)
