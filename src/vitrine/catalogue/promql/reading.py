"""PromQL that somebody wrote by hand, read into expressions: the same checks, the same errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import promql_parser as parser

from vitrine.catalogue.metric import Metric
from vitrine.catalogue.promql import functions as build
from vitrine.catalogue.promql.expression import (
    Compared,
    Expression,
    Nature,
    Number,
    PromQLError,
    Recorded,
    label_sets_agree,
)

Known = Mapping[str, Metric | Recorded]
"""What may be selected, by name."""

SIGNS = {"Equal": "", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
RANGED: Mapping[str, Callable[[Expression, str], Expression]] = {
    "rate": build.rate,
    "increase": build.increase,
    "deriv": build.deriv,
    "delta": build.delta,
    "avg_over_time": build.average_over_time,
    "max_over_time": build.max_over_time,
    "sum_over_time": build.total_over_time,
    "count_over_time": build.count_over_time,
}
AGGREGATED: Mapping[str, Callable[..., Expression]] = {
    "sum": build.sum_by,
    "max": build.max_by,
    "min": build.min_by,
    "count": build.count_by,
}
SETS: Mapping[str, Callable[[Expression, Expression], Expression]] = {
    "and": build.both,
    "or": build.either,
    "unless": build.unless,
}
EDGE = re.compile(r"\d+\.\d+")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")


def read(text: str, known: Known) -> Expression:
    """Return the expression that a text stands for.

    Raises `PromQLError` for what Prometheus would refuse, for what it would answer with
    something else than is meant, for names that are not `known`, and for the few forms
    that are not read (`without`, `group_left`, `offset`, subqueries).
    """
    try:
        return _read(parser.parse(text), known)
    except PromQLError:
        raise
    except ValueError as problem:
        raise PromQLError(f"{text}: {problem}") from None


def _read(node: Any, known: Known) -> Expression:
    match node:
        case parser.ParenExpr():
            return _read(node.expr, known)
        case parser.NumberLiteral():
            return Number(frozenset(), Nature.SCALAR, f"{node.val:g}")
        case parser.VectorSelector():
            return _selector(node, known)
        case parser.Call():
            return _call(node, known)
        case parser.AggregateExpr():
            return _aggregate(node, known)
        case parser.BinaryExpr():
            return _binary(node, known)
    raise PromQLError(f"{node.prettify()}: this form is not read")


def _selector(node: Any, known: Known) -> Expression:
    if node.offset is not None or node.at is not None:
        raise PromQLError(f"{node.name}: offset and @ are not read")
    metric, part = _named(str(node.name), known)
    matchers = {
        one.name: SIGNS[str(one.op).rpartition(".")[2]] + one.value
        for one in node.matchers.matchers
    }
    edge = matchers.pop("le", None) if part == "bucket" else None
    if edge is None:
        return build.select(metric, part, **matchers)
    assert isinstance(metric, Metric)
    if not EDGE.fullmatch(edge):
        raise PromQLError(f'{metric.name}: le="{edge}" is no float; Prometheus 3 spells it so')
    return build.bucket(metric, float(edge), **matchers)


def _named(name: str, known: Known) -> tuple[Metric | Recorded, str]:
    """Return what a name stands for, and which part of it where it is a histogram."""
    if name in known:
        return known[name], ""
    stem, _, part = name.rpartition("_")
    if isinstance(known.get(stem), Metric) and part in build.PARTS:
        return known[stem], part
    raise PromQLError(f"{name}: no metric of that name is declared or recorded")


def _call(node: Any, known: Known) -> Expression:
    name, arguments = node.func.name, node.args
    if name in RANGED and isinstance(arguments[0], parser.MatrixSelector):
        window = parser.display_duration(arguments[0].range)
        return RANGED[name](_selector(arguments[0].vector_selector, known), window)
    if name == "histogram_quantile":
        return build.histogram_quantile(_number(arguments[0], known), _read(arguments[1], known))
    if name == "absent":
        return build.absent(_read(arguments[0], known))
    if name == "vector":
        return build.vector(_number(arguments[0], known))
    if name == "time":
        return build.now()
    raise PromQLError(f"{node.prettify()}: {name} of this is not read")


def _number(node: Any, known: Known) -> float:
    """Return the number that stands somewhere; one that has to be computed is not read."""
    value = _value_of(_read(node, known))
    if value is None:
        raise PromQLError(f"{node.prettify()}: only a number is read here")
    return value


def _value_of(expression: Expression) -> float | None:
    """Return a number that is written out, `None` for anything else."""
    try:
        return float(expression.text) if isinstance(expression, Number) else None
    except ValueError:
        return None  # such as time()


def _aggregate(node: Any, known: Known) -> Expression:
    operation, modifier = str(node.op), node.modifier
    if operation not in AGGREGATED or "Without" in str(getattr(modifier, "type", "")):
        raise PromQLError(f"{node.prettify()}: only sum, max, min and count, by labels, are read")
    labels = modifier.labels if modifier is not None else ()
    return AGGREGATED[operation](_read(node.expr, known), *labels)


def _binary(node: Any, known: Known) -> Expression:
    operator = str(node.op)
    left, right = _read(node.lhs, known), _read(node.rhs, known)
    if node.modifier is not None and node.modifier.group_labels:
        raise PromQLError(f"{node.prettify()}: group_left and group_right are not read")
    if operator in SETS:
        return SETS[operator](left, right)
    if operator in COMPARISONS:
        return _compared(
            left, operator, right, keep=bool(node.modifier and node.modifier.return_bool)
        )
    if operator not in ("+", "-", "/"):
        raise PromQLError(f"{node.prettify()}: {operator} is not read")
    if (left.nature, right.nature) == (Nature.COUNTER, Nature.COUNTER) and operator != "/":
        return (build.total_of if operator == "+" else build.counter_difference)(left, right)
    return {"+": left.__add__, "-": left.__sub__, "/": left.__truediv__}[operator](right)


def _compared(left: Expression, operator: str, right: Expression, *, keep: bool) -> Expression:
    """Return a comparison with a number, or of which series one side has more."""
    threshold = _value_of(right)
    if threshold is None:
        if isinstance(right, Number) or operator != ">" or keep:
            raise PromQLError(f"{left} {operator} {right}: compare with a number, or by '>'")
        label_sets_agree(left, right, operator)
        return build.above(left, right)
    if left.nature is Nature.COUNTER:
        raise PromQLError(f"{left} is a counter: take its rate or increase before {operator!r}")
    sign = f"{operator} bool" if keep else operator
    return Compared(left.labels, Nature.GAUGE, left, sign, threshold)
