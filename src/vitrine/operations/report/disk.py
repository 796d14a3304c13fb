"""The disk of each tier of Prometheus: how much, how fast, until when."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.external import STORED, STORED_LIMIT, STORED_LOG, STORED_SINCE
from vitrine.catalogue.promql import Expression, either, select
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.monitoring.programs import LONG_RETENTION, RETENTION
from vitrine.monitoring.prometheus import LONG_TERM, PROMETHEUS
from vitrine.operations.report.forecast import (
    DAYS,
    STEP_S,
    Forecast,
    Points,
    Store,
    Trend,
    forecast,
    settled,
    too_young,
    trend,
)
from vitrine.operations.report.period import DAY_S
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
from vitrine.operations.report.wording import UNKNOWN, spoken

TIERS = {PROMETHEUS: RETENTION, LONG_TERM: LONG_RETENTION}
"""Each tier, and how long it keeps unless its own options say otherwise."""
SOON_DAYS = 14
YEAR_S = 365 * DAY_S
NO_BLOCK = "no block yet"
COLUMNS = (
    Column("tier"),
    Column("now", Unit.BYTES),
    Column("a day", Unit.BYTES),
    Column("may take", Unit.BYTES),
    Column("keeps", Unit.LENGTH),
    Column("holds", Unit.LENGTH),
    Column("forecast"),
)


def disk(subject: Subject) -> Section:
    """Return how much both tiers take, what they grow by, and what that leads to."""
    found = subject.questions.curves(_taken(), STEP_S, DAYS)
    curves = {curve.labels.get("job", ""): curve.points for curve in found}
    sizes = {tier: subject.questions.value(_taken(job=tier)) for tier in TIERS if tier in curves}
    tiers = {tier: size for tier, size in sizes.items() if size is not None}
    rows, points = [], list(_absent(tiers))
    for tier, size in tiers.items():
        store = _store(subject, tier, size)
        growth = trend(curves[tier])
        rows.append(_row(tier, store, growth or too_young(curves[tier]), subject.span.end))
        points += _points(tier, store, growth, subject.span.end)
    lines = [Line(tier, curves[tier]) for tier in tiers]
    return Section(
        "disk",
        "Disk of Prometheus",
        _quiet([(tier, curves[tier]) for tier in tiers]),
        [_headline(subject, tiers.get(PROMETHEUS))],
        points,
        [Table("Tiers", COLUMNS, rows)] if rows else [],
        [Plot(f"Disk in the last {DAYS} days", Unit.BYTES, lines)] if lines else [],
    )


def _taken(**matchers: str) -> Expression:
    """Return what each tier takes: its blocks, and the log of what is in none yet."""
    blocks = select(STORED, **matchers)
    return either(blocks + select(STORED_LOG, **matchers), blocks)


def _quiet(tiers: Iterable[tuple[str, Points]]) -> str:
    young = [f"{tier}: {too_young(points)}" for tier, points in tiers if not trend(points)]
    return "; ".join(young) or "no tier that is scraped comes near its limit"


def _headline(subject: Subject, now: float | None) -> Figure:
    before = subject.questions.at_start(_taken(job=PROMETHEUS))
    blocks = subject.questions.value(select(STORED, job=PROMETHEUS))
    return Figure(
        "disk of Prometheus",
        Unit.BYTES,
        now or None,
        before,
        missing="it is not scraped" if now is None else NO_BLOCK,
        note=NO_BLOCK if now and blocks == 0 else "",
        headline=True,
    )


def _absent(tiers: Container[str]) -> Iterator[Point]:
    for tier in TIERS:
        if tier not in tiers:
            yield Point(f"{tier}: not known; nobody scrapes it", out_of_order=tier == PROMETHEUS)


def _store(subject: Subject, tier: str, size: float) -> Store:
    questions = subject.questions
    since = questions.value(select(STORED_SINCE, job=tier))
    limit = questions.value(select(STORED_LIMIT, job=tier))
    api = questions.prometheus if tier == PROMETHEUS else None
    return Store(
        size=size,
        oldest_s=None if since is None else subject.span.end - since,
        retention_s=_retention(api, TIERS[tier]),
        limit=limit or None,
        free=_free(api) if api else None,
    )


def _retention(api: PrometheusApi | None, usual: str) -> float | None:
    """Return for how long a tier keeps; of the other one only what it is usually started with."""
    flag = usual
    if api is not None:
        with suppress(ApiError, KeyError):
            flag = api.flags()["storage.tsdb.retention.time"]
    if flag.endswith("y"):
        return float(flag[:-1]) * YEAR_S
    try:
        return seconds_of(flag) or None
    except ValueError:
        return None


def _free(api: PrometheusApi) -> int | None:
    """Return the bytes that are free where Prometheus writes, if that is on this machine."""
    with suppress(ApiError, KeyError, OSError):
        return api.free_bytes()
    return None


def _row(tier: str, store: Store, growth: Trend | str, now: float) -> list[float | str | None]:
    """Return a tier's row; instead of its growth there may be words why it is not known."""
    return [
        tier,
        store.size or NO_BLOCK,
        UNKNOWN if isinstance(growth, str) else growth.per_day,
        "no limit" if store.limit is None else store.limit,
        store.retention_s,
        store.oldest_s,
        _said(store, growth, now),
    ]


def _said(store: Store, growth: Trend | str, now: float) -> str:
    if isinstance(growth, str):
        return growth
    rests = f"line through {growth.points} points of {growth.days:.1f} days"
    if settled(store):
        return f"holds all that it keeps; changes with traffic alone ({rests})"
    met = forecast(store, growth, now)
    if met is None:
        return f"meets no limit as it grows now ({rests})"
    on = f"{datetime.fromtimestamp(met.at, UTC):%Y-%m-%d}"
    return f"{met.what} on {on}, at {spoken(met.size, Unit.BYTES)} ({rests})"


def _points(tier: str, store: Store, growth: Trend | None, now: float) -> Iterator[Point]:
    met: Forecast | None = forecast(store, growth, now) if growth else None
    if met is None or met.fits or settled(store):
        return
    days = (met.at - now) / DAY_S
    soon = days < SOON_DAYS
    yield Point(
        f"{tier} reaches {met.what} in {days:.0f} days, before it holds all that it should keep",
        "give it more room, keep less (`--storage.tsdb.retention.time`), or drop the metrics with"
        " the most series",
        out_of_order=soon,
    )
