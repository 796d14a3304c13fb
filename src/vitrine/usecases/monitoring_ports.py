"""What the console needs of those who watch the service; adapters satisfy these protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from vitrine.domain.failure import Failure

Labels = Mapping[str, str]


class MonitoringUnavailableError(Failure):
    """Prometheus or Alertmanager does not answer."""


class QuestionRefusedError(Failure):
    """It answers, and says that it cannot do what it was asked."""


class Grid(NamedTuple):
    """Times at even distances, in seconds since 1970; the last one is at most `end`."""

    start: int
    end: int
    step: int

    @property
    def points(self) -> int:
        return (self.end - self.start) // self.step + 1


class Sample(NamedTuple):
    """One series with its value at one time; `nan` where 0 was divided by 0."""

    labels: Labels
    value: float


class Curve(NamedTuple):
    """One series with a value for each time of a grid, `None` where it has none."""

    labels: Labels
    values: Sequence[float | None]


class SeriesStore(Protocol):
    """Every series that was measured, by PromQL.

    Raises `MonitoringUnavailableError` and `QuestionRefusedError`.
    """

    async def at(self, query: str, at: float) -> Sequence[Sample]:
        """Return the series of a query as they are at a time."""
        ...

    async def over(self, query: str, grid: Grid) -> Sequence[Curve]:
        """Return the series of a query at each time of a grid."""
        ...

    async def values(self, label: str, selector: str, start: float, end: float) -> Sequence[str]:
        """Return the values that a label has in the series selected, in their order."""
        ...
