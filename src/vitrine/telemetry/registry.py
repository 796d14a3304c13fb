"""The catalogue at work: one cell per series, cheap to count in, bounded in number.

`prometheus_client` finds and locks a child at each call, which costs a request several
microseconds; a cell is found once and is a plain object afterwards. The library still
writes the exposition formats (`telemetry/exposition.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Any, NamedTuple

from vitrine.catalogue.metric import OTHER, Label, Metric, Vocabulary
from vitrine.catalogue.metrics import SERIES_OVERFLOW

Values = tuple[str, ...]

_new_tuple = tuple.__new__


class Exemplar(NamedTuple):
    """One observation that stands for its bucket: the request behind it, value and time."""

    request_id: str
    value: float
    at_s: float


class Cell:
    """One series of a counter or gauge. Counting is one addition under the interpreter lock."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class HistogramCell:
    """One label combination of a histogram; `counts` are per bucket, the last one open."""

    __slots__ = ("_edges", "counts", "exemplars", "total")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self._edges = edges
        self.counts = [0] * (len(edges) + 1)
        self.exemplars: list[Exemplar | None] = [None] * (len(edges) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._edges, value)] += 1
        self.total += value

    def observe_request(self, value: float, request_id: str) -> None:
        """Observe, and remember the request as the bucket's exemplar."""
        bucket = bisect_left(self._edges, value)
        self.counts[bucket] += 1
        self.total += value
        # `Exemplar(...)` would call a function of Python's for each request.
        self.exemplars[bucket] = _new_tuple(Exemplar, (request_id, value, time()))


class Family:
    """All series of one metric; what is over its bound counts in one more, named `other`."""

    def __init__(
        self, metric: Metric, vocabulary: Vocabulary, overflowed: Callable[[str], None]
    ) -> None:
        self.metric = metric
        self.cells: dict[Values, Cell] = {}
        self.histograms: dict[Values, HistogramCell] = {}
        self._known = tuple(_known(label, vocabulary) for label in metric.labels)
        self._overflowed = overflowed

    def cell(self, *values: str) -> Cell:
        """Return the series of a counter or gauge with these label values."""
        found = self.cells.get(values)
        if found is None:
            kept = self._within_bound(values, len(self.cells))
            found = self.cells.setdefault(kept, Cell())
        return found

    def histogram(self, *values: str) -> HistogramCell:
        """Return the histogram with these label values."""
        found = self.histograms.get(values)
        if found is None:
            kept = self._within_bound(values, len(self.histograms))
            found = self.histograms.setdefault(kept, HistogramCell(self.metric.buckets))
        return found

    def inc(self, *values: str, by: float = 1.0) -> None:
        """Count on a counter."""
        self.cell(*values).value += by

    def set(self, value: float, *values: str) -> None:
        """Set a gauge, or a counter that somebody else keeps."""
        self.cell(*values).value = value

    def drop(self) -> None:
        """Have no series any more, where what they said is not known now."""
        self.cells = {}

    def start(self, combinations: Iterable[Values]) -> None:
        """Make series exist at 0, so that the first event of each is an increase."""
        for values in combinations:
            if self.metric.buckets:
                self.histogram(*values)
            else:
                self.cell(*values)

    def _within_bound(self, values: Values, series: int) -> Values:
        kept = tuple(
            value if known is None or value in known else OTHER
            for value, known in zip(values, self._known, strict=True)
        )
        if series >= self.metric.bound and kept not in self.cells and kept not in self.histograms:
            kept = (OTHER,) * len(values)
        if kept != values:
            self._overflowed(self.metric.name)
        return kept


def _known(label: Label, vocabulary: Vocabulary) -> frozenset[str] | None:
    """Return the values that a label may have; `None` where only their number is bounded."""
    if label.values:
        return frozenset(label.values)
    given = vocabulary.get(label.name)
    return None if given is None else frozenset(given)


class Registry:
    """The families of a catalogue.

    `vocabulary` gives the values that only the running program knows, by label name; more
    than a label's bound is refused with `ValueError`. `combinations` gives, for metrics
    whose labels do not combine freely, the ones that exist from the start.
    """

    def __init__(
        self,
        catalogue: Iterable[Metric],
        vocabulary: Vocabulary,
        combinations: Mapping[str, Iterable[Values]],
    ) -> None:
        self.catalogue = tuple(catalogue)
        self._refreshers: list[Callable[[], None]] = []
        self.families = {
            metric.name: Family(metric, vocabulary, self._overflowed)
            for metric in self.catalogue
            if not metric.foreign
        }
        for metric in self.catalogue:
            if metric.foreign:
                continue
            _check_bounds(metric, vocabulary)
            given = combinations.get(metric.name)
            family = self.families[metric.name]
            family.start(_product(metric, vocabulary) if given is None else given)

    def __getitem__(self, metric: Metric) -> Family:
        return self.families[metric.name]

    def read(self) -> dict[str, list[dict[str, Any]]]:
        """Return every counter and gauge by name, as label values and value."""
        self.refresh()
        return {
            name: [
                {"labels": dict(zip(labels, values, strict=True)), "value": cell.value}
                for values, cell in list(family.cells.items())
            ]
            for name, family in self.families.items()
            if not family.metric.buckets
            for labels in (family.metric.label_names,)
        }

    def present(self) -> dict[str, list[tuple[Values, float]]]:
        """Return every series by its metric: a histogram's value is how much was observed."""
        self.refresh()
        return {
            name: [
                *((values, cell.value) for values, cell in list(family.cells.items())),
                *(
                    (values, float(sum(cell.counts)))
                    for values, cell in list(family.histograms.items())
                ),
            ]
            for name, family in self.families.items()
        }

    def before_scrape(self, refresh: Callable[[], None]) -> None:
        """Have gauges that are read rather than counted set before each scrape."""
        self._refreshers.append(refresh)

    def refresh(self) -> None:
        """Set the gauges that are read."""
        for refresh in self._refreshers:
            refresh()

    def _overflowed(self, name: str) -> None:
        if name != SERIES_OVERFLOW.name:
            self[SERIES_OVERFLOW].inc(name)


def _check_bounds(metric: Metric, vocabulary: Vocabulary) -> None:
    for label in metric.labels:
        given = vocabulary.get(label.name, ())
        if label.bound and len(given) > label.bound + 1:
            raise ValueError(
                f"{metric.name}: {len(given)} values of {label.name}, at most {label.bound}"
            )


def _product(metric: Metric, vocabulary: Vocabulary) -> Iterable[Values]:
    """Return every combination of known values; none where a label's are not known."""
    combinations: list[Values] = [()]
    for label in metric.labels:
        values = label.values or vocabulary.get(label.name, ())
        combinations = [(*done, value) for done in combinations for value in values]
    return combinations
