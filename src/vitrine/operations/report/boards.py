"""Dashboards and who opens them: in the console by its counter, in Grafana by its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.objectives import API_SUCCESS
from vitrine.catalogue.reported import views
from vitrine.operations.report.coverage import days_covered, in_words
from vitrine.operations.report.grafana_log import opened
from vitrine.operations.report.section import Column, Point, Section, Table, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import UNKNOWN

COLUMNS = (
    Column("dashboard"),
    Column("in the console", Unit.COUNT),
    Column("before", Unit.COUNT),
    Column("in Grafana", Unit.COUNT),
)
LEAST_DAYS = 28
"""Four weeks: what nobody opened in less may have had no occasion yet."""
RETIRE = "take it out of catalogue/dashboards/, and `vitrine generate` puts its file away"


def boards(subject: Subject) -> Section:
    """Return how often each dashboard was opened; unused ones may be retired."""
    console, before = subject.questions.by(views, "dashboard"), {}
    if console:
        before = subject.questions.before_by(views, "dashboard")
    grafana = None
    if subject.grafana_log is not None:
        grafana = opened(subject.grafana_log, subject.span.start, subject.span.end)
    rows = [
        (board.title, console.get(board.uid), before.get(board.uid), _count(grafana, board.uid))
        for board in DASHBOARDS
    ]
    days = days_covered(subject, API_SUCCESS)
    judged = bool(console) and days >= LEAST_DAYS
    return Section(
        "dashboards",
        "Use of dashboards",
        "each one was opened" if judged else f"not judged: {in_words(days, subject)}",
        points=[*_unknown(console, grafana), *(_unused(console, grafana) if judged else ())],
        tables=[Table("Opened", COLUMNS, rows)],
    )


def _count(found: Mapping[str, int] | None, uid: str) -> float | None:
    return float(found.get(uid, 0)) if found else None


def _unknown(console: Mapping[str, float], grafana: Mapping[str, int] | None) -> Iterator[Point]:
    if not console:
        yield Point("the console's views: not known; nobody has counted them", out_of_order=False)
    if grafana is None:
        yield Point(
            f"Grafana's views: {UNKNOWN}",
            "name its log with `--grafana-log`, and set `GF_SERVER_ROUTER_LOGGING=true`",
            out_of_order=False,
        )
    elif not grafana:
        yield Point(
            "Grafana's log has no dashboard of this period",
            "if people used it, set `GF_SERVER_ROUTER_LOGGING=true`",
            out_of_order=False,
        )


def _unused(console: Mapping[str, float], grafana: Mapping[str, int] | None) -> Iterator[Point]:
    """Yield what nobody opened, where it is known; Grafana's views count where it has a log."""
    for board in DASHBOARDS:
        seen = console.get(board.uid)
        if seen is None or round(seen) or (grafana or {}).get(board.uid):
            continue
        where = "in the console" if grafana is None else "in the console or in Grafana"
        yield Point(f"nobody opened {board.title} {where}", RETIRE)
