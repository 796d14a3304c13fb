"""What a metric is: a name, a kind, a unit, labels with known bounds, and a sentence of help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

OTHER = "other"
"""The value of a label that stands for everything outside its closed set or its bound."""
MOST_EDGES = 14


class Kind(StrEnum):
    """The kinds that Prometheus knows and Vitrine uses."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Label:
    """A label with the values it may have.

    `values` is the closed set where the code knows it. Where only the running program does
    (routes, tables, a site's segments), it is empty and `bound` says how many there may be
    at most; wiring hands them over.
    """

    name: str
    values: tuple[str, ...] = ()
    bound: int = 0

    def __post_init__(self) -> None:
        if bool(self.values) == bool(self.bound):
            raise ValueError(f"label {self.name}: give its values or a bound, and not both")

    @property
    def most(self) -> int:
        """How many values there can be, `other` included."""
        return len(self.values) or self.bound + 1


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    `unit` is a base unit or the thing that is counted. `public` ones are for everybody's
    eyes at `/metrics/public`. `series` bounds the label combinations where they are fewer
    than all; by default it follows from the labels. `foreign` ones are collected by a
    library and named here so that the catalogue is whole. Those that are not `scraped` are
    made by Prometheus itself and have neither job nor instance. What is `of_prometheus` stands
    under a job of its own, so that a dashboard which looks at one service still shows it.
    """

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    public: bool = False
    series: int = 0
    foreign: bool = False
    scraped: bool = True
    of_prometheus: bool = False

    def __post_init__(self) -> None:
        if (self.kind is Kind.HISTOGRAM) != bool(self.buckets):
            raise ValueError(f"{self.name}: histograms have buckets, others have none")
        if len(self.buckets) > MOST_EDGES or list(self.buckets) != sorted(set(self.buckets)):
            raise ValueError(f"{self.name}: at most {MOST_EDGES} bucket edges, ascending")
        if (self.kind is Kind.COUNTER) != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters, and only they, end in _total")
        if not self.help.endswith("."):
            raise ValueError(f"{self.name}: help is a sentence")

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    @property
    def bound(self) -> int:
        """How many label combinations there can be at most."""
        most = 1
        for label in self.labels:
            most *= label.most
        return min(most, self.series) if self.series else most

    @property
    def samples(self) -> int:
        """How many series Prometheus can see of it: a histogram has one per edge and three."""
        return self.bound * (len(self.buckets) + 3 if self.buckets else 1)


Vocabulary = Mapping[str, tuple[str, ...]]
"""Values that only the running program knows, by label name."""
