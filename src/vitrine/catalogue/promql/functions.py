"""PromQL's functions over expressions, each with the checks that Prometheus does not make."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vitrine.catalogue.metric import Kind, Metric
from vitrine.catalogue.promql.expression import (
    SCRAPED,
    Aggregated,
    Binary,
    Expression,
    Nature,
    Number,
    PromQLError,
    Ranged,
    Recorded,
    Selector,
    Wrapped,
    checked_window,
    declared_values,
    label_sets_agree,
)

PARTS = ("bucket", "sum", "count")


def select(metric: Metric | Recorded, part: str = "", /, **matchers: str) -> Expression:
    """Select a metric's series; a histogram by its `part`.

    A matcher `status="error"` keeps equal values, `status="!~5.."` and `"=~…"`, `"!=…"` do as
    PromQL does.
    """
    if isinstance(metric, Recorded):
        of = metric.expression
        labels = of.labels | {label for label, _ in metric.labels}
        return Selector(labels, of.nature, metric.name, _matching(metric, labels, matchers), metric)
    labels, nature, name = _of_metric(metric, part)
    found = _matching(metric, labels, matchers)
    return Selector(labels, nature, name, found, everywhere=metric.of_prometheus)


def _of_metric(metric: Metric, part: str) -> tuple[frozenset[str], Nature, str]:
    histogram = metric.kind is Kind.HISTOGRAM
    if histogram != (part in PARTS):
        raise PromQLError(f"{metric.name}: a histogram is selected by a part of {PARTS}")
    scraped = SCRAPED if metric.scraped else frozenset()
    labels = frozenset(metric.label_names) | scraped | ({"le"} if part == "bucket" else set())
    nature = Nature.GAUGE if metric.kind is Kind.GAUGE else Nature.COUNTER
    return labels, nature, f"{metric.name}_{part}" if part else metric.name


def _matching(
    metric: Metric | Recorded, labels: frozenset[str], matchers: Mapping[str, str]
) -> tuple[tuple[str, str, str], ...]:
    return tuple(_matcher(metric, labels, label, value) for label, value in matchers.items())


def _matcher(
    metric: Metric | Recorded, labels: frozenset[str], label: str, value: str
) -> tuple[str, str, str]:
    if label not in labels:
        raise PromQLError(f"{metric.name} has no label {label!r}; it has {sorted(labels)}")
    sign = next((sign for sign in ("=~", "!~", "!=") if value.startswith(sign)), "=")
    text = value.removeprefix(sign) if sign != "=" else value
    known = declared_values(metric, label) if isinstance(metric, Metric) else ()
    matched = [one for one in known if _keeps(text, one, regular=sign in ("=~", "!~"))]
    if known and not matched and not text.startswith("$"):
        raise PromQLError(f"{metric.name}: no value of {label!r} is {text!r}; they are {known}")
    return label, sign, text


def _keeps(text: str, value: str, *, regular: bool) -> bool:
    try:
        return bool(re.fullmatch(text, value)) if regular else text == value
    except re.error as problem:
        raise PromQLError(f"{text!r} is no regular expression: {problem}") from None


def bucket(metric: Metric, le: float | None = None, /, **matchers: str) -> Expression:
    """Select a histogram's buckets; with `le` the one up to that edge, which must be an edge.

    The edge is spelt as a float: Prometheus 3 knows `le="1.0"`, not `le="1"`.
    """
    found = select(metric, "bucket", **matchers)
    if le is None:
        return found
    if le not in metric.buckets:
        raise PromQLError(f"{metric.name} has no bucket edge {le:g}: {metric.buckets}")
    assert isinstance(found, Selector)
    edge = ("le", "=", str(float(le)))
    return Selector(found.labels, found.nature, found.name, (*found.matchers, edge))


def _over_counter(function: str, of: Expression, window: str) -> Expression:
    if not isinstance(of, Selector):
        raise PromQLError(f"{function} of {of}: take it of the series first, then add them up")
    if of.nature is not Nature.COUNTER:
        raise PromQLError(f"{function} of {of}: it goes both ways; use deriv or delta")
    return Ranged(of.labels, Nature.GAUGE, function, of, checked_window(window))


def rate(of: Expression, window: str) -> Expression:
    """Return a counter's increase per second."""
    return _over_counter("rate", of, window)


def increase(of: Expression, window: str) -> Expression:
    """Return a counter's increase over a window."""
    return _over_counter("increase", of, window)


def _over_gauge(function: str, of: Expression, window: str) -> Expression:
    if not isinstance(of, Selector) or of.nature is not Nature.GAUGE:
        raise PromQLError(f"{function} of {of}: it only goes up; use rate or increase")
    return Ranged(of.labels, Nature.GAUGE, function, of, checked_window(window))


def deriv(of: Expression, window: str) -> Expression:
    """Return a gauge's change per second."""
    return _over_gauge("deriv", of, window)


def delta(of: Expression, window: str) -> Expression:
    """Return a gauge's change over a window."""
    return _over_gauge("delta", of, window)


def changes(of: Expression, window: str) -> Expression:
    """Return how often a gauge's value changed in a window."""
    return _over_gauge("changes", of, window)


def average_over_time(of: Expression, window: str) -> Expression:
    """Return a gauge's mean over a window."""
    return _over_gauge("avg_over_time", of, window)


def max_over_time(of: Expression, window: str) -> Expression:
    """Return a gauge's highest value in a window."""
    return _over_gauge("max_over_time", of, window)


def total_over_time(of: Expression, window: str) -> Expression:
    """Return the sum of a gauge's values in a window."""
    return _over_gauge("sum_over_time", of, window)


def count_over_time(of: Expression, window: str) -> Expression:
    """Return how many values a gauge had in a window."""
    return _over_gauge("count_over_time", of, window)


def _aggregated(operation: str, of: Expression, labels: tuple[str, ...]) -> Expression:
    missing = set(labels) - of.labels
    if missing:
        raise PromQLError(f"{of} has no label {sorted(missing)} to {operation} by")
    return Aggregated(frozenset(labels), of.nature, operation, labels, of)


def sum_by(of: Expression, *labels: str) -> Expression:
    """Return sums by labels; of counters they stay counters, to be recorded per instance."""
    return _aggregated("sum", of, labels)


def sum_of(of: Expression) -> Expression:
    """Return one sum."""
    return _aggregated("sum", of, ())


def total_of(left: Expression, right: Expression) -> Expression:
    """Return the sum of two counters, which is one: both were summed by the same labels."""
    label_sets_agree(left, right, "+")
    if (left.nature, right.nature) != (Nature.COUNTER, Nature.COUNTER):
        raise PromQLError(f"{left} and {right}: only counters make a counter")
    return Binary(left.labels, Nature.COUNTER, left, "+", right)


def counter_difference(whole: Expression, part: Expression) -> Expression:
    """Return a counter less a part of it, which is a counter too: the rest only goes up.

    Both must come from the same scrape, such as a histogram's count and one of its buckets.
    """
    label_sets_agree(whole, part, "-")
    if (whole.nature, part.nature) != (Nature.COUNTER, Nature.COUNTER):
        raise PromQLError(f"{whole} and {part}: only counters make a counter")
    return Binary(whole.labels, Nature.COUNTER, whole, "-", part)


def max_by(of: Expression, *labels: str) -> Expression:
    """Return the highest values by labels."""
    return _aggregated("max", of, labels)


def min_by(of: Expression, *labels: str) -> Expression:
    """Return the lowest values by labels."""
    return _aggregated("min", of, labels)


def count_by(of: Expression, *labels: str) -> Expression:
    """Return the number of series by labels."""
    return _aggregated("count", of, labels)


def histogram_quantile(quantile: float, of: Expression) -> Expression:
    """Return a quantile of bucket rates, which must still have their `le`."""
    if "le" not in of.labels:
        raise PromQLError(f"a quantile of {of}: the sum has lost its le")
    if of.nature is Nature.COUNTER:
        raise PromQLError(f"a quantile of {of}: over the whole life of a process; take the rate")
    labels = of.labels - {"le"}
    return Wrapped(labels, Nature.GAUGE, f"histogram_quantile({quantile:g}, ", of, ")")


def ratio(good: Expression, total: Expression) -> Expression:
    """Return good by total; nothing where there is no total, for that is no number."""
    return good / (total > 0)


def minutes_with(of: Expression, window: str) -> Expression:
    """Return in how many minutes of a window any of the series had a value."""
    counted = f"[{checked_window(window)}:1m])"
    return Wrapped(frozenset(), Nature.GAUGE, "count_over_time(", sum_of(of), counted)


def one_minus(of: Expression) -> Expression:
    """Return what is missing to one."""
    return Number(frozenset(), Nature.SCALAR, "1") - of


def by(of: Expression, divisor: float) -> Expression:
    """Return an expression divided by a number."""
    return of / Number(frozenset(), Nature.SCALAR, f"{divisor:g}")


def lifetime(of: Expression) -> Expression:
    """Return a counter as a figure since its start; say so wherever it is shown."""
    if of.nature is not Nature.COUNTER:
        raise PromQLError(f"{of} is no counter")
    return Wrapped(of.labels, Nature.GAUGE, "", of, "")


def absent(of: Expression) -> Expression:
    """Return 1 where there is no such series."""
    return Wrapped(frozenset(), Nature.GAUGE, "absent(", of, ")")


def both(left: Expression, right: Expression) -> Expression:
    """Return the left series that the right has too; one without labels speaks for all."""
    return _set_operation(left, "and", right)


def unless(left: Expression, right: Expression) -> Expression:
    """Return the left series that the right does not have."""
    return _set_operation(left, "unless", right)


def either(left: Expression, right: Expression) -> Expression:
    """Return the left series, and those of the right that the left does not have."""
    label_sets_agree(left, right, "or")
    return Binary(left.labels, Nature.GAUGE, left, "or", right)


def larger(left: Expression, right: Expression) -> Expression:
    """Return the larger value of each series, and the series that only one side has."""
    return either(either(above(left, right), right), left)


def above(left: Expression, right: Expression) -> Expression:
    """Return the left series whose value is above that of the right one with the same labels."""
    label_sets_agree(left, right, ">")
    for side in (left, right):
        if side.nature is Nature.COUNTER:
            raise PromQLError(f"{side} is a counter: take its rate or increase before '>'")
    return Binary(left.labels, Nature.GAUGE, left, ">", right)


def _set_operation(left: Expression, operator: str, right: Expression) -> Expression:
    if right.labels == left.labels:
        return Binary(left.labels, Nature.GAUGE, left, operator, right)
    if not right.labels <= left.labels:
        label_sets_agree(left, right, operator)
    on = f"{operator} on ({', '.join(sorted(right.labels))})"
    return Binary(left.labels, Nature.GAUGE, left, on, right)


def now() -> Expression:
    """Return the time of the evaluation in seconds since 1970."""
    return Number(frozenset(), Nature.SCALAR, "time()")


def vector(value: float) -> Expression:
    """Return one series without labels and with this value."""
    return Number(frozenset(), Nature.GAUGE, f"vector({value:g})")
