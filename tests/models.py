"""Models and questions that a test scripts, for what needs no wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from vitrine.adapters.memory import MemorySpending
from vitrine.domain.breaker import Breaker
from vitrine.domain.cost import Cost, Provenance, Usage
from vitrine.domain.question import FailureReason, Prompt, QuestionKind, RefusedAnswerError
from vitrine.signals import Signal
from vitrine.usecases.budget import Budget
from vitrine.usecases.leg import Leg
from vitrine.usecases.model_ports import Completion, Model, ModelError, Spending

NOW = 1_700_000_000_000
USED = Usage(100, 20, 10)
COST, MOST = 300, 1_000
NEVER = "never"
"""A model that says this does not answer before it is given up."""


@dataclass(frozen=True)
class Sum:
    """A question whose answer is a number; anything else is refused."""

    numbers: Sequence[int] = (1, 2)

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind.SEGMENTS

    def prompt(self) -> Prompt:
        return Prompt("Add.", json.dumps({"numbers": list(self.numbers)}), {}, 10)

    def read(self, text: str) -> int:
        if not text.isdigit():
            raise RefusedAnswerError(FailureReason.SCHEMA, "no number")
        return int(text)

    def local(self) -> int:
        return -1


Said = str | ModelError


@dataclass
class ScriptedModel:
    """Satisfies `Model`: says one thing after the other, the last one again and again."""

    script: Sequence[Said]
    provider: str = "gemini"
    name: str = "scripted"
    asked: int = 0
    checks: ModelError | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self, prompt: Prompt) -> Completion:
        said = self.script[min(self.asked, len(self.script) - 1)]
        self.asked += 1
        self.begun.set()
        if isinstance(said, ModelError):
            raise said
        if said == NEVER:
            await asyncio.Event().wait()
        return Completion(said, USED)

    async def check(self) -> None:
        if self.checks is not None:
            raise self.checks

    def cost(self, usage: Usage) -> Cost:
        return Cost(COST if usage == USED else 0, Provenance.PRICED)

    def most_cost(self, prompt: Prompt) -> Cost:
        return Cost(MOST, Provenance.PRICED)

    async def close(self) -> None: ...


@dataclass
class Bench:
    """What a leg needs around it: a clock that stands still, a budget, and everything heard."""

    limit_usd: float = 1.0
    now: int = NOW
    heard: list[Signal] = field(default_factory=list)
    spending: Spending = field(default_factory=MemorySpending)
    pauses: list[float] = field(default_factory=list)

    def leg(self, model: Model, deadline_s: float = 5.0, breaker: Breaker | None = None) -> Leg:
        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        clock: Callable[[], int] = lambda: self.now  # noqa: E731 - reads the bench's own clock
        return Leg(
            model,
            deadline_s=deadline_s,
            breaker=Breaker() if breaker is None else breaker,
            budget=Budget(self.spending, self.limit_usd, clock, self.heard.append),
            emit=self.heard.append,
            clock=clock,
            random=Random(1),
            pause=pause,
        )

    def of(self, kind: type[Signal]) -> list[Signal]:
        return [signal for signal in self.heard if isinstance(signal, kind)]
