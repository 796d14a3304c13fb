"""How much Prometheus has to do: series, scrapes, rules."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.external import HEAD_SERIES, RULES_MISSED, RULES_TOOK, SCRAPE_TOOK
from vitrine.catalogue.history import RANGE
from vitrine.catalogue.promql import average_over_time, increase, max_by, max_over_time, select
from vitrine.catalogue.promql.functions import sum_by
from vitrine.monitoring.prometheus import PROMETHEUS
from vitrine.operations.report.section import Column, Figure, Point, Section, Table, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import times

TOP = 10
NOT_SCRAPED = "it is not scraped"
GROWN = 0.25
"""Series that grow by more than a quarter in a period have a cause that one should know."""


def series(subject: Subject) -> Section:
    """Return how many series there are, of which metrics, and how long scrapes and rules take."""
    head = select(HEAD_SERIES, job=PROMETHEUS)
    now, before = subject.questions.value(head), subject.questions.at_start(head)
    return Section(
        "series",
        "Series, scrapes and rules",
        _quiet(now, before),
        [Figure("series in memory", Unit.COUNT, now, before, missing=NOT_SCRAPED)],
        [*_grown(now, before), *_missed(subject)],
        [_largest(subject), _scrapes(subject), _rules(subject)],
    )


def _quiet(now: float | None, before: float | None) -> str:
    if now is None:
        return NOT_SCRAPED
    missed = "no evaluation was missed"
    return missed if before is None else f"as many series as before, and {missed}"


def _grown(now: float | None, before: float | None) -> Iterator[Point]:
    if now and before and now / before - 1 > GROWN:
        yield Point(
            f"there are {now / before - 1:.0%} more series than a period ago",
            "look for a label whose values grow in the table of the largest metrics",
        )


def _missed(subject: Subject) -> Iterator[Point]:
    missed = subject.questions.by(
        sum_by(increase(select(RULES_MISSED), RANGE), "rule_group"), "rule_group"
    )
    for group, count in missed.items():
        if round(count):
            yield Point(
                f"{_name(group)} was not evaluated {times(count)}",
                "its rules take longer than the time between two evaluations: see the table",
            )


def _largest(subject: Subject) -> Table:
    found = subject.questions.prometheus.data("status/tsdb")["seriesCountByMetricName"]
    rows = [(one["name"], float(one["value"])) for one in found[:TOP]]
    return Table("Largest metrics", (Column("metric"), Column("series", Unit.COUNT)), rows)


def _scrapes(subject: Subject) -> Table:
    asked = subject.questions
    mean = asked.by(max_by(average_over_time(select(SCRAPE_TOOK), RANGE), "job"), "job")
    worst = asked.by(max_by(max_over_time(select(SCRAPE_TOOK), RANGE), "job"), "job")
    columns = (Column("job"), Column("mean", Unit.SECONDS), Column("longest", Unit.SECONDS))
    return Table("Scrapes", columns, [(job, mean[job], worst.get(job)) for job in sorted(mean)])


def _rules(subject: Subject) -> Table:
    asked, label = subject.questions, "rule_group"
    mean = asked.by(max_by(average_over_time(select(RULES_TOOK), RANGE), label), label)
    worst = asked.by(max_by(max_over_time(select(RULES_TOOK), RANGE), label), label)
    slowest = sorted(mean, key=lambda group: -mean[group])[:TOP]
    columns = (Column("group"), Column("mean", Unit.SECONDS), Column("longest", Unit.SECONDS))
    rows = [(_name(group), mean[group], worst.get(group)) for group in slowest]
    return Table("Slowest groups of rules", columns, rows)


def _name(group: str) -> str:
    """Return a group's name alone: Prometheus puts its file before it."""
    return group.rpartition(";")[2]
