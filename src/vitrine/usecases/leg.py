"""One provider as an analyst: breaker, budget, deadline, at most one retry, strict reading."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from time import perf_counter
from typing import NamedTuple, TypeVar

from vitrine.domain.breaker import Breaker, BreakerState
from vitrine.domain.cost import Cost, Usage
from vitrine.domain.question import FailureReason, Prompt, Question, RefusedAnswerError, SkipReason
from vitrine.signals import BreakerChanged, Emit, ModelAttempted, ModelSkipped
from vitrine.usecases.budget import Budget
from vitrine.usecases.model_ports import Answer, Attempt, Model, ModelError, NoAnswerError

T = TypeVar("T")

PERMANENT = frozenset({FailureReason.UNAUTHORIZED, FailureReason.MODEL_RETIRED})
"""What stays so until somebody changes a setting."""
WORTH_A_RETRY = frozenset(
    {FailureReason.CONNECTION, FailureReason.SERVER_ERROR, FailureReason.RATE_LIMITED}
)
OF_THE_QUESTION = frozenset({FailureReason.BLOCKED})
"""A safety block says something of one question, nothing of the provider's health."""
UNKNOWN_USAGE = frozenset({FailureReason.TIMEOUT, FailureReason.CONNECTION})
"""The provider may have worked, and will bill, although nothing of it arrived."""
LEAST_PAUSE_S, MOST_PAUSE_S = 0.1, 0.5
"""Before a retry, drawn evenly: many processes must not come back at the same moment."""


class _Failed(NamedTuple):
    reason: FailureReason
    retry_after_s: float | None = None


class Leg:
    """Satisfies `Analyst` by asking one model, at most twice, inside one deadline."""

    def __init__(
        self,
        model: Model,
        *,
        deadline_s: float,
        breaker: Breaker,
        budget: Budget,
        emit: Emit,
        clock: Callable[[], int],
        random: Random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.provider = model.provider
        self.breaker = breaker
        self._model = model
        self._deadline_s = deadline_s
        self._budget = budget
        self._emit = emit
        self._clock = clock
        self._random = random
        self._pause = pause
        self._announced = breaker.state(clock())

    async def answer(self, question: Question[T]) -> Answer[T]:
        """Return the model's answer; raises `NoAnswerError` with the reason."""
        self.announce()
        if not self.breaker.admits(self._clock()):
            raise self._skipped(SkipReason.BREAKER_OPEN)
        try:
            return await self._within_deadline(question)
        except NoAnswerError:
            raise
        except BaseException:
            self.breaker.abandoned()
            raise
        finally:
            self.announce()

    async def check(self) -> FailureReason | None:
        """Return why the model cannot work until a setting changes, or `None`; costs nothing.

        One that is left alone and turns out to be in order may be tried at once.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._model.check()
            self.breaker.reconsidered(self._clock())
        except ModelError as problem:
            if problem.reason in PERMANENT:
                self.breaker.failed(self._clock(), permanent=True)
                self.announce()
                return problem.reason
        except TimeoutError:
            pass  # a slow provider may still answer questions
        return None

    def announce(self) -> None:
        """Say which state the breaker is in, where it is another one than was said last.

        A pause ends by itself: who is not asked again would otherwise seem to be left alone.
        """
        now = self._clock()
        state = self.breaker.state(now)
        if state is not self._announced:
            self._announced = state
            pause_ms = max(self.breaker.record.open_until - now, 0)
            self._emit(BreakerChanged(self.provider, state, pause_ms / 1000))

    async def close(self) -> None:
        await self._model.close()

    @property
    def model(self) -> str:
        """The model's name."""
        return self._model.name

    async def _within_deadline(self, question: Question[T]) -> Answer[T]:
        prompt = question.prompt()
        ends = perf_counter() + self._deadline_s
        found = await self._attempt(question, prompt, ends)
        if isinstance(found, _Failed) and self._worth_a_retry(found, ends):
            await self._pause(self._pause_before_retry(found))
            found = await self._attempt(question, prompt, ends)
        if isinstance(found, _Failed):
            self._count_failure(found)
            raise NoAnswerError(Attempt(self.provider, found.reason))
        self.breaker.succeeded()
        return found

    def _worth_a_retry(self, failed: _Failed, ends: float) -> bool:
        """Tell whether a retry can help: a provider on trial gets no second chance."""
        if failed.reason not in WORTH_A_RETRY:
            return False
        if self.breaker.state(self._clock()) is not BreakerState.CLOSED:
            return False
        if failed.reason is FailureReason.RATE_LIMITED and failed.retry_after_s is None:
            return False
        return perf_counter() + (failed.retry_after_s or 0.0) + MOST_PAUSE_S < ends

    def _pause_before_retry(self, failed: _Failed) -> float:
        return (failed.retry_after_s or 0.0) + self._random.uniform(LEAST_PAUSE_S, MOST_PAUSE_S)

    async def _attempt(
        self, question: Question[T], prompt: Prompt, ends: float
    ) -> Answer[T] | _Failed:
        most = self._model.most_cost(prompt)
        reservation = await self._budget.reserve(most)
        if reservation is None:
            self.breaker.abandoned()
            raise self._skipped(SkipReason.BUDGET)
        started = perf_counter()
        # Until more is known, and also where the caller gives up: unanswered, and billed in full.
        usage, cost = Usage(), most
        found: Answer[T] | _Failed = _Failed(FailureReason.TIMEOUT)
        try:
            async with asyncio.timeout(max(ends - started, 0.0)):
                completion = await self._model.complete(prompt)
            usage = completion.usage
            cost = self._model.cost(usage)
            found = Answer(question.read(completion.text), self.provider, self._model.name)
        except RefusedAnswerError as refused:
            found = _Failed(refused.reason)
        except ModelError as problem:
            found = _Failed(problem.reason, problem.retry_after_s)
            usage = problem.usage
            cost = self._cost_of_failure(problem, most)
        except TimeoutError:
            pass  # `found` says so already
        finally:
            reason = found.reason if isinstance(found, _Failed) else None
            seconds = perf_counter() - started
            self._emit(
                ModelAttempted(self.provider, self._model.name, reason, seconds, usage, cost)
            )
            await asyncio.shield(self._budget.settle(reservation, cost))
        return found

    def _cost_of_failure(self, problem: ModelError, most: Cost) -> Cost:
        unknown = problem.usage == Usage() and problem.reason in UNKNOWN_USAGE
        return most if unknown and not problem.unsent else self._model.cost(problem.usage)

    def _count_failure(self, failed: _Failed) -> None:
        if failed.reason in OF_THE_QUESTION:
            self.breaker.abandoned()
            return
        after_s = failed.retry_after_s
        self.breaker.failed(
            self._clock(),
            permanent=failed.reason in PERMANENT,
            asked_pause_ms=None if after_s is None else round(after_s * 1000),
        )

    def _skipped(self, reason: SkipReason) -> NoAnswerError:
        self._emit(ModelSkipped(self.provider, reason))
        return NoAnswerError(Attempt(self.provider, reason))
