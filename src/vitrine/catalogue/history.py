"""What dashboards show of the past: scraped series while they last, their records before that.

Scraped series are kept for two weeks, records for a year. A panel asks for both in one query:
where Prometheus still has the series, these are shown; before that, sums that were recorded
once a minute, per instance, so that a restart stays a reset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vitrine.catalogue.promql import (
    Expression,
    PromQLError,
    Recorded,
    either,
    larger,
    sum_by,
)
from vitrine.catalogue.promql.expression import (
    Aggregated,
    Binary,
    Compared,
    Ranged,
    Selector,
    Wrapped,
)

EVERY = "1m"
"""How often the sums are recorded."""
STEP = "$step"
"""The window of rates of records: a dashboard's variable, never shorter than four of them."""
RANGE = "$__range"
INSTANCE = ("job", "instance")


def lasting(expression: Expression) -> Expression:
    """Return an expression that answers for a year: of rates as they were scraped, or recorded.

    An increase over the whole of the chosen time is the larger of both: scraped series leave
    out what is older than two weeks, records what was before the first of them. Raises
    `PromQLError` where the expression holds anything but sums of rates and increases of counters.
    """
    if RANGE in expression.windows():
        return _with_sums(expression, lambda scraped: larger(scraped, _of_records(scraped)))
    return either(expression, _with_sums(expression, _of_records))


def _with_sums(expression: Expression, replaced: Callable[[Aggregated], Expression]) -> Expression:
    """Return the same expression with something else for each sum of a counter's series."""
    match expression:
        case Aggregated(operation="sum", of=Ranged(of=Selector(record=None))):
            return replaced(expression)
        case Binary(left=Expression() as left, right=Expression() as right):
            parts = (_with_sums(part, replaced) for part in (left, right))
            return replace(expression, left=next(parts), right=next(parts))
        case Compared(of=Expression() as of):
            return replace(expression, of=_with_sums(of, replaced))
        case Wrapped(of=Expression() as of) if expression.before.startswith("histogram_quantile"):
            return replace(expression, of=_with_sums(of, replaced))
    raise PromQLError(f"{expression}: only sums of rates and increases are recorded")


def _of_records(scraped: Aggregated) -> Expression:
    """Return the same sum of records."""
    ranged = scraped.of
    assert isinstance(ranged, Ranged)
    counter = ranged.of
    assert isinstance(counter, Selector)
    record = _sums(counter, scraped.by)
    labels = record.expression.labels
    selected = replace(counter, labels=labels, name=record.name, record=record)
    window = RANGE if ranged.window == RANGE else STEP
    return sum_by(replace(ranged, labels=labels, of=selected, window=window), *scraped.by)


def _sums(counter: Selector, labels: tuple[str, ...]) -> Recorded:
    """Return the record of a counter's sums by labels, those of its matchers among them."""
    kept = sorted({*labels, *(label for label, _, _ in counter.matchers)})
    plain = replace(counter, matchers=())
    named = "_".join(("sum", "by", *kept)) if kept else "sum"
    spoken = f" by {', '.join(kept)}" if kept else ""
    return Recorded(
        f"instance:{counter.name}:{named}",
        sum_by(plain, *INSTANCE, *kept),
        f"{counter.name}, summed per instance{spoken}.",
    )
