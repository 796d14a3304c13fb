"""What a home costs as its visitors and events grow: a model, fitted on the small sizes.

Each cost is a sum of a few terms. What they are worth is found by least squares from the
points of at most `FITTED_UP_TO` visitors, and proven against those beyond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FITTED_UP_TO = 100_000
FAR = 10
"""Nothing is claimed beyond this many times the largest size that was measured."""
AT_HAND = 100_000
"""Visits that the service keeps in memory at most."""


class Point(NamedTuple):
    """What was measured at a size; `events` are those of all visitors.

    `store_s` and `analyse_s` are seconds of the processor, to store all of it and to analyse
    it once; `mib` is the peak memory of the process that stored it.
    """

    visitors: int
    events: int
    bytes: float
    store_s: float
    analyse_s: float
    mib: float


MEASURED = (
    Point(10_000, 100_000, 16_687_104, 3.04, 1.40, 134.6),
    Point(10_000, 400_000, 54_444_032, 15.03, 1.61, 216.9),
    Point(100_000, 1_000_000, 168_468_480, 38.84, 5.08, 394.7),
    Point(1_000_000, 10_000_000, 1_702_359_040, 463.83, 30.40, 406.5),
)
"""By `make bench-scale`; docs/scaling.md says where and when."""
PREDICTED = (
    (10_000, 100_000),
    (100_000, 1_000_000),
    (1_000_000, 10_000_000),
    (10_000_000, 100_000_000),
)
"""The sizes in the document's table: ten events a visitor."""


class BeyondError(ValueError):
    """Somebody asks for more than ten times what was measured."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost with the terms that it is a sum of, by what each is worth."""

    name: str
    title: str
    terms: Mapping[str, Callable[[int, int], float]]


VISITORS = {"a visitor": lambda visitors, _events: float(visitors)}
EVENTS = {"an event": lambda _visitors, events: float(events)}
ALWAYS = {"always": lambda _visitors, _events: 1.0}
KEPT = {"a visit at hand": lambda visitors, _events: float(min(visitors, AT_HAND))}
COSTS = (
    Cost("bytes", "on disk", {**VISITORS, **EVENTS}),
    Cost("store_s", "CPU to store", EVENTS),
    Cost("analyse_s", "CPU to analyse", {**ALWAYS, **VISITORS}),
    Cost("mib", "memory", {**ALWAYS, **KEPT}),
)


class Model:
    """Predicts each cost at a size."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.points = tuple(points)
        small = [point for point in points if point.visitors <= FITTED_UP_TO]
        self.worth = {cost.name: _fitted(cost, small) for cost in COSTS}

    def predict(self, name: str, visitors: int, events: int) -> float:
        """Return a cost; raises `BeyondError` where that would be no more than a guess."""
        most_visitors = FAR * max(point.visitors for point in self.points)
        most_events = FAR * max(point.events for point in self.points)
        if visitors > most_visitors or events > most_events:
            raise BeyondError(
                f"{visitors:,} visitors with {events:,} events: nothing is claimed beyond"
                f" {most_visitors:,} and {most_events:,}"
            )
        cost = next(cost for cost in COSTS if cost.name == name)
        worth = self.worth[name]
        return sum(worth[term] * of(visitors, events) for term, of in cost.terms.items())

    def proof(self) -> dict[tuple[int, int], dict[str, float]]:
        """Return prediction divided by measurement for each size that was not fitted."""
        return {
            (point.visitors, point.events): {
                cost.name: self.predict(cost.name, point.visitors, point.events)
                / getattr(point, cost.name)
                for cost in COSTS
            }
            for point in self.points
            if point.visitors > FITTED_UP_TO
        }

    def proof_table(self) -> str:
        """Return prediction divided by measurement as a table of Markdown."""
        rows = ["| what | " + " | ".join(f"{v:,} visitors" for v, _ in self.proof()) + " |"]
        rows.append("| --- |" + " ---: |" * len(self.proof()))
        for cost in COSTS:
            ratios = (f"{ratios[cost.name]:.2f}" for ratios in self.proof().values())
            rows.append(f"| {cost.title} | {' | '.join(ratios)} |")
        return "\n".join(rows)

    def table(self, sizes: Sequence[tuple[int, int]]) -> str:
        """Return the predictions as a table of Markdown."""
        titles = " | ".join(cost.title for cost in COSTS)
        rows = [f"| visitors in 30 days | events | {titles} |", "| ---: " * 6 + "|"]
        for size in sizes:
            bytes_, store_s, analyse_s, mib = (self.predict(cost.name, *size) for cost in COSTS)
            rows.append(
                f"| {size[0]:,} | {size[1]:,} | {bytes_ / 1e9:,.2f} GB | {store_s:,.0f} s"
                f" | {analyse_s:,.1f} s | {mib:,.0f} MiB |"
            )
        return "\n".join(rows)


def _fitted(cost: Cost, points: Sequence[Point]) -> dict[str, float]:
    """Return what each term is worth, with every point's relative error weighing the same."""
    measured = np.array([getattr(point, cost.name) for point in points])
    terms = np.array([[of(p.visitors, p.events) for of in cost.terms.values()] for p in points])
    worth, *_ = np.linalg.lstsq(terms / measured[:, None], np.ones(len(points)), rcond=None)
    return dict(zip(cost.terms, map(float, worth), strict=True))
