"""Which alerts fired, which never did, and what to change about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vitrine.catalogue.alert import Severity
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.external import ALERTS_NOW, RULES_TOOK
from vitrine.catalogue.promql import minutes_with, select
from vitrine.catalogue.recording import MINUTES_A_DAY
from vitrine.catalogue.reported import FIRING, firing
from vitrine.domain.period import Period
from vitrine.operations.report.coverage import in_words
from vitrine.operations.report.episodes import STEP_S, Firings, episodes
from vitrine.operations.report.period import DAY_S, Span
from vitrine.operations.report.questions import Questions
from vitrine.operations.report.section import (
    Column,
    Figure,
    Line,
    Plot,
    Point,
    Section,
    Table,
    Unit,
)
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.tuning import proposal
from vitrine.operations.report.wording import UNKNOWN, spoken, times

KNOWN = {alert.name: alert for alert in ALERTS}
WATCHED = [alert.name for alert in ALERTS if alert.severity is not Severity.HEARTBEAT]
SHOWN = 8
"""Alerts that a plot tells apart."""
FIRED = (
    Column("alert"),
    Column("times", Unit.COUNT),
    Column("in total", Unit.LENGTH),
    Column("longest", Unit.LENGTH),
    Column("most in 24 h", Unit.COUNT),
    Column("last", Unit.DATE),
)
SILENT = (Column("alert"), Column("its rules are evaluated since, at least", Unit.DATE))


Loaded = Mapping[str, str]
"""The alerts that Prometheus evaluates, each with the group that it is in."""


def alerts(subject: Subject) -> Section:
    """Return what fired in the period, and from the monthly report on what never did."""
    fired = sorted(_fired(subject.questions), key=lambda one: -one.total_s)
    loaded = _loaded(subject)
    days = _watched(subject)
    audited = subject.period.says_as_much_as(Period.MONTHLY)
    tables = [Table("Fired", FIRED, [_row(one) for one in fired])] if fired else []
    if audited:
        tables.append(_silent(subject, loaded, fired))
    return Section(
        "alerts",
        "Alerts",
        f"{'none fired' if days else UNKNOWN} ({in_words(days, subject)})",
        [_figure(fired, days, subject)],
        [*_points(subject, fired), *_missing(loaded)],
        tables,
        [_plot(fired, subject.span)] if fired else [],
    )


def _fired(questions: Questions) -> Iterator[Firings]:
    minutes: dict[str, set[float]] = {}
    for curve in questions.curves(firing, STEP_S):
        if curve.labels.get("severity") != Severity.HEARTBEAT:
            found = minutes.setdefault(curve.labels.get("alertname", ""), set())
            found |= {at for at, value in curve.points if value > 0}
    for name, times_of in minutes.items():
        if times_of:
            yield Firings(name, episodes(sorted(times_of)))


def _figure(fired: list[Firings], days: float, subject: Subject) -> Figure:
    count = _count(fired)
    asked = subject.questions
    return Figure(
        "times that alerts fired",
        Unit.COUNT,
        count if count or days else None,
        _count(_fired(asked.earlier())) if asked.comparable else None,
        missing=UNKNOWN,
        note=in_words(days, subject),
        out_of_order=bool(count),
    )


def _count(fired: Iterable[Firings]) -> float:
    return float(sum(len(one.episodes) for one in fired))


def _watched(subject: Subject) -> float:
    """Return on how many days alerts were evaluated: the watchdog's always fires."""
    heartbeat = Severity.HEARTBEAT.value
    asked = (
        select(FIRING, severity=heartbeat),
        select(ALERTS_NOW, alertstate="firing", severity=heartbeat),
    )
    minutes = max(
        subject.questions.value(minutes_with(one, subject.span.window)) or 0.0 for one in asked
    )
    return min(minutes / MINUTES_A_DAY, subject.period.days)


def _row(one: Firings) -> list[float | str | None]:
    return [
        one.alert,
        float(len(one.episodes)),
        one.total_s,
        one.longest_s,
        float(one.most_a_day),
        one.episodes[-1].start,
    ]


def _points(subject: Subject, fired: list[Firings]) -> Iterator[Point]:
    for one in fired:
        alert = KNOWN.get(one.alert)
        link = subject.links.runbook(one.alert) if alert else ""
        text = (
            f"{one.alert} fired {times(len(one.episodes))},"
            f" {spoken(one.total_s, Unit.LENGTH)} in total"
        )
        wrong = alert and proposal(alert, one, subject.period.days * DAY_S)
        if wrong:
            yield Point(f"{text}; {wrong.what}", wrong.do, link=link)
        else:
            yield Point(text, "see its runbook" if alert else "it is not one of ours", link=link)


def _loaded(subject: Subject) -> Loaded:
    groups = subject.questions.prometheus.data("rules", {"type": "alert"})["groups"]
    return {
        rule["name"]: f"{group['file']};{group['name']}"
        for group in groups
        for rule in group["rules"]
    }


def _missing(loaded: Loaded) -> Iterator[Point]:
    missing = [name for name in WATCHED if name not in loaded]
    if missing:
        yield Point(
            f"{len(missing)} of {len(WATCHED)} alerts are not loaded: {_listed(missing)}",
            "load the rules that `vitrine generate` writes; `vitrine doctor` says more",
        )


def _listed(names: list[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _silent(subject: Subject, loaded: Loaded, fired: list[Firings]) -> Table:
    """Return the alerts that did not fire; a drill proves that they can."""
    since = _evaluated_since(subject)
    names = {one.alert for one in fired}
    rows = [
        (name, since.get(loaded[name])) for name in WATCHED if name in loaded and name not in names
    ]
    return Table("Never fired; `vitrine drill ALERT` proves that one can", SILENT, rows)


def _evaluated_since(subject: Subject) -> dict[str, float]:
    """Return since when each group of rules is evaluated, as far as it is known, to an hour."""
    window = f"[{subject.span.window}:1h]"
    return subject.questions.by(
        f"min by (rule_group) (min_over_time(timestamp({select(RULES_TOOK)}){window}))",
        "rule_group",
    )


def _plot(fired: list[Firings], span: Span) -> Plot:
    days = range(int(span.start // DAY_S) * DAY_S, int(span.end), DAY_S)

    def minutes(one: Firings) -> list[tuple[float, float]]:
        seconds = one.seconds_by_day()
        return [(float(day), seconds.get(day, 0.0) / 60) for day in days]

    lines = [Line(one.alert, minutes(one)) for one in fired[:SHOWN]]
    return Plot("Minutes in which alerts fired, by day", Unit.COUNT, lines, bars=True)
