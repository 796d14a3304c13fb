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


class ActiveAlert(NamedTuple):
    """An alert whose condition holds for the series with these labels, since a time (ms).

    `state` is `pending` until it has held long enough, then `firing`.
    """

    name: str
    state: str
    since_ms: int
    value: float
    labels: Labels
    summary: str
    description: str


class AlertRules(Protocol):
    """The alerts that somebody evaluates; raises as `SeriesStore` does."""

    async def known(self) -> frozenset[str]:
        """Return the names of all alerts that are evaluated."""
        ...

    async def active(self) -> Sequence[ActiveAlert]:
        """Return the alerts that are pending or firing, the longest first."""
        ...


class Silence(NamedTuple):
    """Alerts with these labels are not told to anybody until a time (ms)."""

    id: str
    labels: Labels
    until_ms: int
    comment: str

    def covers(self, labels: Labels) -> bool:
        """Whether an alert with these labels is meant."""
        return all(labels.get(name) == value for name, value in self.labels.items())


class Silences(Protocol):
    """What is kept from being told; raises as `SeriesStore` does."""

    async def active(self) -> Sequence[Silence]:
        """Return the silences that have not ended, the first to end first."""
        ...

    async def create(self, labels: Labels, from_ms: int, until_ms: int, comment: str) -> str:
        """Keep alerts with these labels quiet until a time; return the silence's id."""
        ...

    async def expire(self, silence: str) -> None:
        """End a silence now."""
        ...
