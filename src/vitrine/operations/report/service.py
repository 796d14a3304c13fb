"""The service itself: was it there, did it start again, what of its work failed."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.external import JOB, UP
from vitrine.catalogue.history import RANGE
from vitrine.catalogue.promql import average_over_time, min_by, select
from vitrine.catalogue.reported import dropped_lines, failures, restarts
from vitrine.operations.report.section import Figure, Point, Section, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import times

THERE = min_by(average_over_time(select(UP, job=JOB), RANGE))
ABSENT = "not known"


def service(subject: Subject) -> Section:
    """Return restarts, failed duties and requests, dropped log lines, and failed scrapes."""
    asked = subject.questions
    failed, before = asked.by(failures, "of"), asked.before_by(failures, "of")
    there, starts, dropped = (asked.value(one) for one in (THERE, restarts, dropped_lines))
    figures = [
        Figure("scrapes that reached it", Unit.SHARE, there, asked.before(THERE), missing=ABSENT),
        _count("restarts", starts, asked.before(restarts)),
        _count("failed duties", failed.get("duty"), before.get("duty")),
        _count("requests with unexpected errors", failed.get("request"), before.get("request")),
        _count("dropped log lines", dropped, asked.before(dropped_lines)),
    ]
    return Section(
        "service",
        "Service",
        "nothing failed beside the requests" if there is not None else "not known: not scraped",
        figures,
        list(_points(figures, subject)),
    )


def _count(name: str, now: float | None, before: float | None) -> Figure:
    return Figure(name, Unit.COUNT, now, before, missing=ABSENT)


def _points(figures: list[Figure], subject: Subject) -> Iterator[Point]:
    _, starts, duties, requests, dropped = (round(one.now or 0) for one in figures)
    if starts:
        yield Point(
            f"the service started again {times(starts)}",
            "the log's line “Service stopped” says why, unless it was you",
        )
    for count, what in ((duties, "duties"), (requests, "requests")):
        if count:
            yield Point(
                f"{what} failed unexpectedly {times(count)}",
                "the log has each with its exception",
                link=subject.links.runbook("UnexpectedErrors"),
            )
    if dropped:
        yield Point(
            f"{dropped:,} log lines were dropped",
            "whoever reads the log is slower than it is written: set LOG_LEVEL higher, or see why",
            link=subject.links.runbook("LogsDropped"),
        )
