"""How much of a period is known: no number is better than a wrong one."""

from __future__ import annotations

from vitrine.catalogue.objective import Ratio
from vitrine.catalogue.recording import MINUTES_A_DAY
from vitrine.catalogue.reported import minutes_seen
from vitrine.operations.report.subject import Subject


def covered(subject: Subject, objective: Ratio) -> str:
    """Return on how many of its days a figure of the period rests, in words."""
    return in_words(days_covered(subject, objective), subject)


def days_covered(subject: Subject, objective: Ratio) -> float:
    """Return on how many of its days a figure of the period rests."""
    days = (subject.questions.value(minutes_seen(objective)) or 0.0) / MINUTES_A_DAY
    return min(days, subject.period.days)


def in_words(days: float, subject: Subject) -> str:
    """Return how much of the period so many days are."""
    return f"covers {days:.1f} of {days_of(subject)}"


def days_of(subject: Subject) -> str:
    """Return the length of the period in words."""
    return "1 day" if subject.period.days == 1 else f"{subject.period.days} days"
