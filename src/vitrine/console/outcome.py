"""An answer, or why there is none: a page shows its other parts all the same."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Generic, NamedTuple, TypeVar

from vitrine.usecases.monitoring_ports import MonitoringUnavailableError, QuestionRefusedError
from vitrine.usecases.ports import StoreUnavailableError

T = TypeVar("T")


class Outcome(NamedTuple, Generic[T]):
    """`value` is `None` where there is a `problem`."""

    value: T | None
    problem: str = ""


async def outcome(asked: Awaitable[T]) -> Outcome[T]:
    """Return what somebody says who may be away."""
    try:
        return Outcome(await asked)
    except (MonitoringUnavailableError, QuestionRefusedError) as problem:
        return Outcome(None, str(problem))
    except StoreUnavailableError as problem:
        return Outcome(None, f"the database does not answer: {problem}")
