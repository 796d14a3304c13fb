"""The chain: one provider after the other inside one deadline, local rules last."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from time import perf_counter
from typing import Protocol, TypeVar

from vitrine.domain.question import Question, SkipReason
from vitrine.signals import DutyFailed, Emit, ModelFellBack, ModelSkipped, QuestionAnswered
from vitrine.usecases.model_ports import Analyst, Answer, Attempt, NoAnswerError

T = TypeVar("T")

RULES = "rules"
"""The name of the leg that is always there."""


class Provider(Analyst, Protocol):
    """An analyst with the name under which its attempts are counted."""

    @property
    def provider(self) -> str: ...


class LocalRules:
    """Satisfies `Analyst` without asking anybody."""

    async def answer(self, question: Question[T]) -> Answer[T]:
        """Return what the question's own rules say; never fails."""
        return Answer(question.local(), RULES, RULES)


class Chain:
    """Satisfies `Analyst`, and always answers: what no leg can, the local rules do."""

    def __init__(self, legs: Sequence[Provider], *, deadline_s: float, emit: Emit) -> None:
        self._legs = legs
        self._deadline_s = deadline_s
        self._emit = emit
        self._rules = LocalRules()

    async def answer(self, question: Question[T]) -> Answer[T]:
        """Return the first answer, with the attempts that failed before it."""
        started = asked = perf_counter()
        failed: list[Attempt] = []
        answer: Answer[T] | None = None
        for leg in self._legs:
            asked = perf_counter()
            left = self._deadline_s - (asked - started)
            if left <= 0:
                self._emit(ModelSkipped(leg.provider, SkipReason.DEADLINE))
                failed.append(Attempt(leg.provider, SkipReason.DEADLINE))
                continue
            found = await self._ask(leg, question, left)
            if isinstance(found, Answer):
                answer = found
                break
            failed.append(found)
        if answer is None:
            asked = perf_counter()
            answer = await self._rules.answer(question)
        self._announce(question, answer, failed, waited=asked - started, started=started)
        return answer._replace(failed=tuple(failed))

    async def _ask(self, leg: Provider, question: Question[T], left: float) -> Answer[T] | Attempt:
        try:
            async with asyncio.timeout(left):
                return await leg.answer(question)
        except NoAnswerError as problem:
            return problem.attempt
        except TimeoutError:
            return Attempt(leg.provider, SkipReason.DEADLINE)
        except Exception as problem:  # noqa: BLE001 - no model may fail an analysis
            self._emit(DutyFailed(f"model {leg.provider}", repr(problem)))
            return Attempt(leg.provider, SkipReason.BROKEN)

    def _announce(
        self,
        question: Question[T],
        answer: Answer[T],
        failed: Sequence[Attempt],
        *,
        waited: float,
        started: float,
    ) -> None:
        """Say who answered, and for each leg that did not, who was asked instead of it."""
        legs = [*(attempt.provider for attempt in failed), answer.leg]
        for attempt, (origin, to) in zip(failed, pairwise(legs), strict=True):
            self._emit(ModelFellBack(origin, to, attempt.reason))
        seconds = perf_counter() - started
        self._emit(QuestionAnswered(question.kind, answer.leg, waited, seconds))
