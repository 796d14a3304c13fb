"""What dashboards show of the past: scraped series while they last, their records before that.

Scraped series are kept for two weeks, records for a year. A panel asks for both in one query:
where Prometheus still has the series, these are shown; before that, sums that were recorded
once a minute, per instance, so that a restart stays a reset.
"""

from __future__ import annotations

from dataclasses import replace

from vitrine.catalogue.promql import (
    Expression,
    PromQLError,
    Recorded,
    either,
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

    Increases over the whole of the chosen time are those of the records wherever there are
    any: scraped series would leave out what is older than two weeks. Raises `PromQLError`
    where the expression holds anything but sums of rates and increases of counters.
    """
    recorded = _of_records(expression)
    over_range = RANGE in expression.windows()
    return either(recorded, expression) if over_range else either(expression, recorded)


def _of_records(expression: Expression) -> Expression:
    """Return the same expression of records."""
    match expression:
        case Aggregated(operation="sum", of=Ranged(of=Selector(record=None) as counter) as ranged):
            record = _sums(counter, expression.by)
            labels = record.expression.labels
            selected = replace(counter, labels=labels, name=record.name, record=record)
            window = RANGE if ranged.window == RANGE else STEP
            kept = replace(ranged, labels=labels, of=selected, window=window)
            return sum_by(kept, *expression.by)
        case Binary(left=Expression() as left, right=Expression() as right):
            return replace(expression, left=_of_records(left), right=_of_records(right))
        case Compared(of=Expression() as of):
            return replace(expression, of=_of_records(of))
        case Wrapped(of=Expression() as of) if expression.before.startswith("histogram_quantile"):
            return replace(expression, of=_of_records(of))
    raise PromQLError(f"{expression}: only sums of rates and increases are recorded")


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
