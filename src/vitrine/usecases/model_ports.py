"""What the use cases need of models; adapters satisfy these protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from vitrine.domain.cost import Cost, Usage
from vitrine.domain.question import FailureReason, Prompt, Question, SkipReason

T = TypeVar("T")


class Completion(NamedTuple):
    text: str
    usage: Usage


class ModelError(Exception):
    """A model gave no text. `retry_after_s` is what the provider asked for, if it did.

    `usage` is what the failed attempt consumed all the same; `unsent` tells that nothing
    reached the provider, so that nothing can be billed.
    """

    def __init__(
        self,
        reason: FailureReason,
        problem: str,
        *,
        retry_after_s: float | None = None,
        usage: Usage = Usage(),  # noqa: B008 - a tuple cannot change
        unsent: bool = False,
    ) -> None:
        super().__init__(problem)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.usage = usage
        self.unsent = unsent


class Model(Protocol):
    """One provider's model, asked once per call: no retries of its own."""

    @property
    def provider(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def complete(self, prompt: Prompt) -> Completion:
        """Return the text of the answer; raises `ModelError`."""
        ...

    async def check(self) -> None:
        """Raise `ModelError` where the key or the model is known not to work; costs nothing."""
        ...

    def cost(self, usage: Usage) -> Cost:
        """Return what these tokens cost at list prices."""
        ...

    def most_cost(self, prompt: Prompt) -> Cost:
        """Return the most that asking this can cost, for the reservation before the call."""
        ...

    async def close(self) -> None: ...


class Attempt(NamedTuple):
    """A leg that gave no answer, and why."""

    provider: str
    reason: FailureReason | SkipReason


class Answer(NamedTuple, Generic[T]):
    """An answer with who gave it: `leg` is a provider or `rules`, `model` the model's name."""

    value: T
    leg: str
    model: str
    failed: tuple[Attempt, ...] = ()


class NoAnswerError(Exception):
    """An analyst has no answer; `attempt` says why."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(f"{attempt.provider}: {attempt.reason}")
        self.attempt = attempt


class Analyst(Protocol):
    """Answers questions: one provider, the chain and the local rules alike."""

    async def answer(self, question: Question[T]) -> Answer[T]:
        """Return an answer; raises `NoAnswerError`, which the chain and the rules never do."""
        ...


class Spent(NamedTuple):
    """Of one UTC day or several, in millionths of a US dollar; `calls` are attempts."""

    reserved: int = 0
    spent: int = 0
    calls: int = 0


class Spending(Protocol):
    """What was spent on models, kept for all processes; raises `StoreUnavailableError`."""

    async def reserve(self, day: str, micro_usd: int, limit: int) -> bool:
        """Reserve, unless reserved and spent together would exceed the limit; at once or not."""
        ...

    async def settle(self, day: str, reserved: int, spent: int) -> None:
        """Take a reservation back and book the call with what was really spent."""
        ...

    async def of(self, day: str) -> Spent: ...

    async def since(self, day: str) -> Spent:
        """Return the sum of a day and all later ones."""
        ...


class KeptOpinion(NamedTuple):
    """A model's accepted answer on a fingerprint: who gave it, when (ms), on what.

    `segment` is None where the model took the visitor for no kind. `features` are the levels
    of the fingerprint's features.
    """

    fingerprint: str
    features: Mapping[str, int]
    segment: str | None
    certainty: float
    provider: str
    model: str
    answered_at: int


class OpinionStore(Protocol):
    """Models' answers by version of the site; raises `StoreUnavailableError`."""

    async def keep(self, site_version: str, opinions: Sequence[KeptOpinion]) -> None:
        """Store answers; a newer one on the same fingerprint replaces the older."""
        ...

    async def since(self, site_version: str, answered_at: int, limit: int) -> Sequence[KeptOpinion]:
        """Return the newest answers given at or after a time, newest first."""
        ...
