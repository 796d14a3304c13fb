"""The database: its size, what it grows by, which statements were slow."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.metrics import DB_SIZE, DB_SLOW_WORST
from vitrine.catalogue.promql import either, max_by, select
from vitrine.catalogue.reported import DATABASE_SIZE, slow_statements, store_failures
from vitrine.operations.report.forecast import DAYS, STEP_S, too_young, trend
from vitrine.operations.report.section import (
    Column,
    Figure,
    Point,
    Section,
    Table,
    Unit,
)
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import spoken, times

SIZE = either(max_by(select(DB_SIZE)), select(DATABASE_SIZE))
NOT_MEASURED = "it is not measured"
WORST_S = 1.0
"""The guide's target for statements; a slower one is out of order."""
COLUMNS = (
    Column("statement"),
    Column("times slow", Unit.COUNT),
    Column("worst", Unit.SECONDS),
)


def database(subject: Subject) -> Section:
    """Return the size with its growth, and the statements that took 100 ms or more."""
    asked = subject.questions
    failed = asked.value(store_failures)
    slow = {
        name: count for name, count in asked.by(slow_statements, "fingerprint").items() if count
    }
    worst = asked.by(max_by(select(DB_SLOW_WORST), "fingerprint"), "fingerprint")
    rows = [
        (name, count, worst.get(name))
        for name, count in sorted(slow.items(), key=lambda one: -one[1])
    ]
    return Section(
        "database",
        "Database",
        "no statement took longer than a second, and the store always answered"
        if failed is not None
        else NOT_MEASURED,
        [
            _size(subject),
            Figure(
                "times that the store did not answer",
                Unit.COUNT,
                failed,
                asked.before(store_failures),
                missing=NOT_MEASURED,
                out_of_order=bool(failed and round(failed)),
            ),
        ],
        [*_failed(failed, subject), *_slow(rows, subject)],
        [Table("Slow statements", COLUMNS, rows)] if rows else [],
    )


def _size(subject: Subject) -> Figure:
    curves = subject.questions.curves(SIZE, STEP_S, DAYS)
    points = curves[0].points if curves else []
    growth = trend(points)
    note = f"growth {too_young(points)}"
    if growth is not None:
        note = f"{spoken(growth.per_day, Unit.BYTES)} a day, over {growth.days:.1f} days"
    now, before = subject.questions.value(SIZE), subject.questions.at_start(SIZE)
    return Figure("size", Unit.BYTES, now, before, missing=NOT_MEASURED, note=note)


def _failed(failed: float | None, subject: Subject) -> Iterator[Point]:
    if failed and round(failed):
        yield Point(
            f"the store did not answer {times(failed)}",
            "the log's lines “Store did not answer” say why",
            link=subject.links.runbook("StoreFailing"),
        )


def _slow(rows: list[tuple[str, float, float | None]], subject: Subject) -> Iterator[Point]:
    for name, count, worst in rows:
        if worst is not None and worst > WORST_S:
            yield Point(
                f"{name} was slow {times(count)}, at worst {spoken(worst, Unit.SECONDS)}",
                "the log's line “Slow statement” has its text under the same fingerprint",
                link=subject.links.dashboard("vitrine-database"),
            )
