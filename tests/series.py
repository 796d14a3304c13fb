"""A `SeriesStore` whose series a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vitrine.domain.failure import Failure
from vitrine.usecases.monitoring_ports import Curve, Grid, Labels, QuestionRefusedError, Sample

LOOK_BACK_S = 300
"""A value is good for five minutes, as in Prometheus."""
Points = Mapping[float, float]


@dataclass
class WrittenSeries:
    """Answers bare names of metrics from `series`, and whatever `answering` knows.

    `answering` returns the series of any other query, or `None` for one that is no PromQL.
    `fails` is raised instead of each answer. `asked` are all queries so far.
    """

    series: Mapping[str, Sequence[tuple[Labels, Points]]] = field(default_factory=dict)
    answering: Callable[[str], Sequence[tuple[Labels, Points]] | None] = lambda _query: ()
    fails: Failure | None = None
    asked: list[str] = field(default_factory=list)

    async def at(self, query: str, at: float) -> Sequence[Sample]:
        found = ((labels, _value(points, at)) for labels, points in self._of(query))
        return [Sample(labels, value) for labels, value in found if value is not None]

    async def over(self, query: str, grid: Grid) -> Sequence[Curve]:
        times = range(grid.start, grid.end + 1, grid.step)
        curves = [
            Curve(labels, [_value(points, at) for at in times])
            for labels, points in self._of(query)
        ]
        return [curve for curve in curves if any(v is not None for v in curve.values)]

    async def values(self, label: str, selector: str, start: float, end: float) -> Sequence[str]:
        return sorted(
            {
                labels[label]
                for labels, points in self._of(selector.partition("{")[0])
                if label in labels and any(start <= at <= end for at in points)
            }
        )

    def _of(self, query: str) -> Sequence[tuple[Labels, Points]]:
        self.asked.append(query)
        if self.fails is not None:
            raise self.fails
        if query in self.series:
            return [
                ({"__name__": query, **labels}, points) for labels, points in self.series[query]
            ]
        found = self.answering(query)
        if found is None:
            raise QuestionRefusedError(f"cannot parse {query}")
        return found


def _value(points: Points, at: float) -> float | None:
    known = [then for then in points if at - LOOK_BACK_S < then <= at]
    return points[max(known)] if known else None
