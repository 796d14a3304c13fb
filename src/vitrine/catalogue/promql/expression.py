"""Expressions: immutable, with their labels and whether they only go up; text comes last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from vitrine.catalogue.metric import Metric
from vitrine.catalogue.promql.duration import divided, seconds_of

SCRAPED = frozenset({"job", "instance"})
"""Labels that a scrape adds to every series."""


class PromQLError(ValueError):
    """An expression that Prometheus would refuse, or answer with something else than is meant."""


class Nature(Enum):
    """What a value does: a counter only goes up between resets, a gauge goes both ways."""

    COUNTER = "counter"
    GAUGE = "gauge"
    SCALAR = "scalar"


class Style(NamedTuple):
    """How to write an expression.

    `grafana` adds the dashboards' variables to every selector of scraped series; windows are
    divided by `factor`, thresholds never.
    """

    grafana: bool = False
    factor: float = 1.0

    def recorded(self, name: str) -> str:
        """Return a record's name: rules of different factors must not share one."""
        return name if self.factor == 1 else f"{name}_x{self.factor:.0f}"


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Expression(ABC):
    """An instant vector (or a number) with exactly these labels; made by the functions alone."""

    labels: frozenset[str]
    nature: Nature

    @abstractmethod
    def render(self, style: Style = PLAIN) -> str:
        """Return the PromQL text."""

    def parts(self) -> tuple[Expression, ...]:
        """Return the expressions that this one is made of."""
        return ()

    def windows(self) -> frozenset[str]:
        """Return every window that the expression looks back over."""
        return frozenset(window for part in self.parts() for window in part.windows())

    def metrics(self) -> frozenset[str]:
        """Return the names of the series that are selected."""
        return frozenset(name for part in self.parts() for name in part.metrics())

    def records(self) -> tuple[Recorded, ...]:
        """Return the recording rules whose series are selected, each once."""
        found = (record for part in self.parts() for record in part.records())
        return tuple(dict.fromkeys(found))

    def __str__(self) -> str:
        return self.render()

    def __gt__(self, threshold: float) -> Expression:
        return Compared(self.labels, Nature.GAUGE, self, ">", threshold)

    def is_above(self, threshold: float) -> Expression:
        """Return 1 for the series above a threshold and 0 for the others; it keeps all."""
        return Compared(self.labels, Nature.GAUGE, self, "> bool", threshold)

    def __lt__(self, threshold: float) -> Expression:
        return Compared(self.labels, Nature.GAUGE, self, "<", threshold)

    def equals(self, value: float) -> Expression:
        """Keep the series whose value this is."""
        return Compared(self.labels, Nature.GAUGE, self, "==", value)

    def __add__(self, other: Expression) -> Expression:
        return _binary(self, "+", other)

    def __sub__(self, other: Expression) -> Expression:
        return _binary(self, "-", other)

    def __truediv__(self, other: Expression) -> Expression:
        return _binary(self, "/", other)


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number, or `time()`."""

    text: str = "0"

    def render(self, style: Style = PLAIN) -> str:  # noqa: ARG002 - a number has one form
        return self.text


@dataclass(frozen=True, slots=True)
class Selector(Expression):
    """One metric's series, of which the matchers keep some, and a dashboard's variables too.

    What Prometheus says of itself is `everywhere` the same, whichever service one looks at.
    """

    name: str = ""
    matchers: tuple[tuple[str, str, str], ...] = ()
    record: Recorded | None = None
    everywhere: bool = False

    def render(self, style: Style = PLAIN) -> str:
        matchers = [f'{label}{sign}"{value}"' for label, sign, value in self.matchers]
        if style.grafana and not self.everywhere:
            matchers += [
                f'{label}=~"${label}"' for label in ("job", "instance") if label in self.labels
            ]
        name = style.recorded(self.name) if self.record else self.name
        return f"{name}{{{','.join(matchers)}}}" if matchers else name

    def metrics(self) -> frozenset[str]:
        return frozenset({self.name})

    def records(self) -> tuple[Recorded, ...]:
        return (self.record,) if self.record else ()


@dataclass(frozen=True, slots=True)
class Ranged(Expression):
    """A function of a selector's values over a window."""

    function: str = ""
    of: Expression | None = None
    window: str = ""

    def render(self, style: Style = PLAIN) -> str:
        assert self.of is not None
        window = self.window if self.window.startswith("$") else divided(self.window, style.factor)
        return f"{self.function}({self.of.render(style)}[{window}])"

    def parts(self) -> tuple[Expression, ...]:
        assert self.of is not None
        return (self.of,)

    def windows(self) -> frozenset[str]:
        return frozenset({self.window})


@dataclass(frozen=True, slots=True)
class Wrapped(Expression):
    """A function or an aggregation around one expression: `before` and `after` are its text."""

    before: str = ""
    of: Expression | None = None
    after: str = ""

    def render(self, style: Style = PLAIN) -> str:
        assert self.of is not None
        return f"{self.before}{self.of.render(style)}{self.after}"

    def parts(self) -> tuple[Expression, ...]:
        assert self.of is not None
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Aggregated(Expression):
    """One value for each combination of the labels in `by`, in the order in which they stand."""

    operation: str = "sum"
    by: tuple[str, ...] = ()
    of: Expression | None = None

    def render(self, style: Style = PLAIN) -> str:
        assert self.of is not None
        grouped = f" by ({', '.join(self.by)}) " if self.by else ""
        return f"{self.operation}{grouped}({self.of.render(style)})"

    def parts(self) -> tuple[Expression, ...]:
        assert self.of is not None
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Compared(Expression):
    """An expression that keeps the series on one side of a threshold."""

    of: Expression | None = None
    sign: str = ">"
    threshold: float = 0.0

    def render(self, style: Style = PLAIN) -> str:
        assert self.of is not None
        return f"{bracketed(self.of, style)} {self.sign} {self.threshold:g}"

    def parts(self) -> tuple[Expression, ...]:
        assert self.of is not None
        return (self.of,)


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """Two expressions with an operator between them."""

    left: Expression | None = None
    operator: str = "+"
    right: Expression | None = None

    def render(self, style: Style = PLAIN) -> str:
        assert self.left is not None
        assert self.right is not None
        left, right = bracketed(self.left, style), bracketed(self.right, style)
        return f"{left} {self.operator} {right}"

    def parts(self) -> tuple[Expression, ...]:
        assert self.left is not None
        assert self.right is not None
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording rule: `level:metric:operation` and what is recorded under that name.

    `labels` are added to what is recorded, so that several rules may share one name.
    """

    name: str
    expression: Expression
    help: str
    labels: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.name.count(":") != 2 or not all(self.name.split(":")):
            raise PromQLError(f"{self.name}: a recorded name is level:metric:operation")


def bracketed(expression: Expression, style: Style) -> str:
    """Return the text as one operand."""
    text = expression.render(style)
    return f"({text})" if isinstance(expression, Binary | Compared) else text


def label_sets_agree(left: Expression, right: Expression, operator: str) -> None:
    """Refuse two vectors that would match nothing: their series have other labels."""
    if Nature.SCALAR in (left.nature, right.nature) or left.labels == right.labels:
        return
    names = " and ".join(f"({', '.join(sorted(side.labels))})" for side in (left, right))
    raise PromQLError(f"the sides of {operator!r} have different labels: {names}")


def _binary(left: Expression, operator: str, right: Expression) -> Expression:
    label_sets_agree(left, right, operator)
    raw = [side for side in (left, right) if side.nature is Nature.COUNTER]
    if raw:
        raise PromQLError(f"{raw[0]} is a counter: take its rate or increase before {operator!r}")
    labels = left.labels | right.labels
    return Binary(labels, Nature.GAUGE, left, operator, right)


def checked_window(window: str) -> str:
    """Return a window; raises `PromQLError` where it is neither a duration nor a variable."""
    if not window.startswith("$__"):
        try:
            seconds_of(window)
        except ValueError as problem:
            raise PromQLError(str(problem)) from None
    return window


def declared_values(metric: Metric, label: str) -> tuple[str, ...]:
    """Return the closed set of a label's values; empty where only the program knows them."""
    return next((known.values for known in metric.labels if known.name == label), ())
