"""Backups: how old the last good one is, where it is known."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.operations.report.period import DAY_S
from vitrine.operations.report.section import Figure, Point, Section, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import spoken

PATTERNS = ("vitrine-backup-*.tar.gz", "vitrine-backup-*.tar.gz.age")
OLD_S = 2 * DAY_S
"""Backups are made every night; what is older than two was missed."""


def backups(subject: Subject) -> Section:
    """Return the age of the newest backup that was verified: others have another name."""
    age = _age(subject)
    old = age is not None and age > OLD_S
    known = subject.backups is not None
    return Section(
        "backups",
        "Backups",
        "the last one is recent" if known else "not known: name their directory with `--backups`",
        [Figure("age of the last backup", Unit.LENGTH, age, missing="not known", out_of_order=old)],
        list(_points(subject, age)),
    )


def _age(subject: Subject) -> float | None:
    if subject.backups is None:
        return None
    made = (one.stat().st_mtime for name in PATTERNS for one in subject.backups.glob(name))
    newest = max(made, default=None)
    return None if newest is None else max(subject.span.end - newest, 0.0)


def _points(subject: Subject, age: float | None) -> Iterator[Point]:
    if subject.backups is not None and age is None:
        yield Point(f"{subject.backups} holds no verified backup", "make one: `vitrine backup`")
    elif age is not None and age > OLD_S:
        yield Point(
            f"the last verified backup is {spoken(age, Unit.LENGTH)} old",
            "see why the nightly one fails (docs/operations.md#every-night)",
        )
