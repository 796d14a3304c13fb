"""A report of a period: which sections it has, and what is done where one cannot be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from vitrine.adapters.http_api import ApiError
from vitrine.domain.failure import Failure
from vitrine.domain.period import Period
from vitrine.operations.report.alerts import alerts
from vitrine.operations.report.backups import backups
from vitrine.operations.report.boards import boards
from vitrine.operations.report.database import database
from vitrine.operations.report.disk import disk
from vitrine.operations.report.models import models
from vitrine.operations.report.panels import panels
from vitrine.operations.report.promises import promises
from vitrine.operations.report.section import Point, Report, Section
from vitrine.operations.report.series import series
from vitrine.operations.report.service import service
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.traffic import traffic


class NoPrometheusError(Failure):
    """Nothing can be reported without a Prometheus; the message says what came instead."""


class Part(NamedTuple):
    """One section, and the shortest period whose report has it."""

    make: Callable[[Subject], Section]
    since: Period


PARTS = {
    "requests": Part(traffic, Period.DAILY),
    "objectives": Part(promises, Period.DAILY),
    "alerts": Part(alerts, Period.DAILY),
    "service": Part(service, Period.DAILY),
    "database": Part(database, Period.DAILY),
    "models": Part(models, Period.DAILY),
    "disk": Part(disk, Period.DAILY),
    "backups": Part(backups, Period.DAILY),
    "series": Part(series, Period.WEEKLY),
    "panels": Part(panels, Period.MONTHLY),
    "dashboards": Part(boards, Period.QUARTERLY),
}


def make(subject: Subject) -> Report:
    """Return the report of a subject's period.

    Raises `NoPrometheusError` where Prometheus does not answer at all; a section that cannot be
    made for another reason says so, and the others stand.
    """
    try:
        subject.questions.prometheus.version()
    except ApiError as problem:
        raise NoPrometheusError(f"{problem}; name a Prometheus with --prometheus") from None
    return Report(subject.span, subject.links.public_url, list(_sections(subject)))


def _sections(subject: Subject) -> Iterator[Section]:
    for name, part in PARTS.items():
        if not subject.period.says_as_much_as(part.since):
            continue
        try:
            yield part.make(subject)
        except Failure as problem:
            point = Point(f"not known: {problem}")
            yield Section(name, name.capitalize(), "not known", points=[point])
