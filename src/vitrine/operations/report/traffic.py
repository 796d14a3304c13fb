"""Error rates and latency of what visitors wait for."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.objectives import API_SUCCESS
from vitrine.catalogue.promql import Expression
from vitrine.catalogue.reported import QUANTILES, events, share_of_bad, visitors_took
from vitrine.operations.report.coverage import covered
from vitrine.operations.report.section import Figure, Line, Plot, Point, Section, Unit
from vitrine.operations.report.subject import Subject

TARGET_P95_S = 0.5
NAMES = {0.5: "P50", 0.95: "P95", 0.99: "P99"}
SLOWER = 1.5
LEAST_REQUESTS = 100


def traffic(subject: Subject) -> Section:
    """Return requests, failures and latency against the objectives, and before."""
    asked = subject.questions

    def figure(name: str, unit: Unit, query: Expression) -> Figure:
        return Figure(name, unit, asked.value(query), asked.before(query))

    count = figure("requests of visitors", Unit.COUNT, events(API_SUCCESS))
    errors = figure("failed requests", Unit.SHARE, share_of_bad(API_SUCCESS))
    took = [
        figure(f"{NAMES[one]} of response time", Unit.SECONDS, visitors_took(one))
        for one in QUANTILES
    ]
    count = count._replace(headline=True, note=covered(subject, API_SUCCESS))
    errors = errors._replace(
        headline=True,
        note=f"objective: below {API_SUCCESS.budget:.0%}",
        out_of_order=_above(errors.now, API_SUCCESS.budget),
    )
    took[1] = took[1]._replace(
        headline=True,
        note=f"objective: below {TARGET_P95_S * 1_000:.0f} ms",
        out_of_order=_above(took[1].now, TARGET_P95_S),
    )
    return Section(
        "requests",
        "Error rates and latency",
        "within the objectives" if count.now else "no traffic, so there is nothing to judge",
        [count, errors, *took],
        list(_points(count, errors, took[1], subject)),
        plots=_plots(subject) if count.now else [],
    )


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def _points(count: Figure, errors: Figure, p95: Figure, subject: Subject) -> Iterator[Point]:
    if count.now and not subject.questions.comparable:
        text = "too little is known of the period before to compare with it"
        yield Point(text, out_of_order=False)
    if not count.now or count.now < LEAST_REQUESTS:
        if count.now:
            text = f"{count.now:.0f} requests are too few to judge shares and percentiles by"
            yield Point(text, out_of_order=False)
        return
    if errors.now is not None and errors.out_of_order:
        yield Point(
            f"{errors.now:.2%} of the requests failed; the objective is {API_SUCCESS.budget:.0%}",
            "the log's lines “Request failed” and “Store did not answer” say why",
            link=subject.links.dashboard("vitrine-api"),
        )
    if p95.now is None:
        return
    slow = subject.links.runbook("HighLatency")
    if p95.out_of_order:
        yield Point(
            f"19 of 20 requests took up to {p95.now:.2f} s; the objective is {TARGET_P95_S} s",
            "follow the runbook of HighLatency",
            link=slow,
        )
    elif p95.before and p95.now > SLOWER * p95.before:
        text = f"the P95 has grown to {p95.now / p95.before:.1f} times that of the period before"
        yield Point(text, "see what changed: a version, a setting, the traffic", link=slow)


def _plots(subject: Subject) -> list[Plot]:
    def line(name: str, query: Expression) -> Line:
        found = subject.questions.curves(query)
        return Line(name, found[0].points if found else [])

    return [
        Plot("Requests of visitors", Unit.COUNT, [line("requests", events(API_SUCCESS))]),
        Plot(
            "Share that failed",
            Unit.SHARE,
            [line("failed", share_of_bad(API_SUCCESS))],
            API_SUCCESS.budget,
        ),
        Plot(
            "Time that they took",
            Unit.SECONDS,
            [line(NAMES[one], visitors_took(one)) for one in QUANTILES],
            TARGET_P95_S,
        ),
    ]
