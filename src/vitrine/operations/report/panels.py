"""Panels whose queries return nothing: asked now, each as a dashboard asks it."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.cache_server import CACHE_SERVER
from vitrine.catalogue.dashboard import Dashboard, Panel
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.history import STEP
from vitrine.catalogue.metrics import POSTGRES, QUEUE
from vitrine.catalogue.promql import Style
from vitrine.catalogue.recording import scraped_by
from vitrine.operations.report.section import Column, Figure, Point, Section, Table, Unit
from vitrine.operations.report.subject import Subject

WINDOW = "5m"
ALL = {"$__rate_interval": WINDOW, STEP: WINDOW}
CHOICES = ("$job", "$instance", "$provider")
LOST = "none of its series is there"
OPTIONAL = {"PostgreSQL": (*POSTGRES, *QUEUE), "Redis": CACHE_SERVER}
"""Parts that one may do without, by the metrics that are there only with them."""
NOT_SET_UP = "without {}, which is not set up"
COLUMNS = (Column("dashboard"), Column("panel"), Column("why"))


def panels(subject: Subject) -> Section:
    """Return the panels that show nothing at the end of the period."""
    without = [part for part in OPTIONAL if not _known(subject, _named(part))]
    left_out = frozenset().union(*map(_named, without))
    whole = [
        (board, panel)
        for board in DASHBOARDS
        for panel in board.panels
        if not _series_of(panel) <= left_out
    ]
    empty = [(board, panel) for board, panel in whole if not _answers(subject, panel)]
    rows = list(_rows(subject, empty))
    lost = sum(why == LOST for _, _, why in rows)
    return Section(
        "panels",
        "Panels that show nothing",
        f"{len(whole) - len(empty)} of {len(whole)} panels have something to show",
        [
            Figure(
                "panels that show nothing",
                Unit.COUNT,
                float(len(empty)),
                note="; ".join((f"of {len(whole)}, asked now", *map(NOT_SET_UP.format, without))),
            )
        ],
        list(_points(lost)),
        [Table("They show nothing now", COLUMNS, rows)] if rows else [],
    )


def _points(lost: int) -> Iterator[Point]:
    if lost:
        yield Point(
            f"{lost} panels have none of their series",
            "see whether the service is scraped (`vitrine doctor`); retire what stays empty",
        )


def _answers(subject: Subject, panel: Panel) -> bool:
    """Whether any query of a panel has a number for an answer."""
    return any(
        subject.questions.series(_with_all(query.expression.render(Style(grafana=True))))
        for query in panel.queries
    )


def _with_all(query: str) -> str:
    """Return a panel's query with each variable at “all”."""
    for variable, value in {**ALL, **dict.fromkeys(CHOICES, ".+")}.items():
        query = query.replace(variable, value)
    return query


def _rows(subject: Subject, empty: list[tuple[Dashboard, Panel]]) -> Iterator[tuple[str, str, str]]:
    for board, panel in empty:
        known = _known(subject, _series_of(panel))
        why = "nothing was counted in the last 5 minutes" if known else LOST
        yield board.title, panel.title, why


def _named(part: str) -> frozenset[str]:
    return frozenset(metric.name for metric in OPTIONAL[part])


def _series_of(panel: Panel) -> frozenset[str]:
    return frozenset().union(*(scraped_by(query.expression) for query in panel.queries))


def _known(subject: Subject, names: frozenset[str]) -> bool:
    """Whether any series of these names is there."""
    asked = f'count({{__name__=~"{"|".join(sorted(names))}"}})'
    return subject.questions.value(asked) is not None
