"""The catalogue: each metric as it is declared, and the series that this process has of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.metric import Kind, Metric
from vitrine.catalogue.metrics import CATALOGUE
from vitrine.console.dashboards.state import series_of
from vitrine.console.dashboards.unit import digits
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given, Present

PAGE = "/console/catalogue"
MOST_SERIES = 200
KNOWN = {metric.name: metric for metric in CATALOGUE}
PARTS = ("", "_bucket", "_sum", "_count")


class Shown(NamedTuple):
    """A metric with how many of its label combinations there are."""

    metric: Metric
    present: int


def metrics_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the list of metrics, and a page for each."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(PAGE)
    async def metrics(request: Request) -> Response:
        present = await asyncio.to_thread(given.present)
        sought = request.query_params.get("name", "").strip()[:60]
        return pages.show(
            request,
            "metrics/metrics.html",
            shown=[
                Shown(metric, _combinations(present, metric.name))
                for metric in CATALOGUE
                if sought.lower() in f"{metric.name} {metric.help}".lower()
            ],
            sought=sought,
            total=len(CATALOGUE),
        )

    @router.get(PAGE + "/{name}", responses={404: {}})
    async def metric(request: Request, name: str) -> Response:
        if name not in KNOWN:
            raise HTTPException(404, f"there is no metric {name[:60]!r}; the list has them all")
        found = KNOWN[name]
        present = await asyncio.to_thread(given.present)
        return pages.show(
            request,
            "metrics/metric.html",
            metric=found,
            series=_series(present, name),
            combinations=_combinations(present, name),
            present=len(present.get(name, ())),
            workers=len({one.worker for one in present.get(name, ())}),
            most=MOST_SERIES,
            histogram=found.kind is Kind.HISTOGRAM,
            watched=_watched(given.dashboards, name),
        )

    return router


def _combinations(present: Present, name: str) -> int:
    """Return how many label combinations of a metric there are, whosever they are."""
    return len({one.labels for one in present.get(name, ())})


def _series(present: Present, name: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the series of a metric, the largest first; the worker's name is the first label."""
    ordered = sorted(present.get(name, ()), key=lambda one: (-one.value, one.labels, one.worker))
    return [
        ((one.worker, *one.labels) if one.worker else one.labels, digits(one.value))
        for one in ordered[:MOST_SERIES]
    ]


def _watched(dashboards: Sequence[Dashboard], name: str) -> list[tuple[Dashboard, str]]:
    """Return the panels that rest on a metric."""
    parts = {name + part for part in PARTS}
    return [
        (board, panel.title)
        for board in dashboards
        for panel in board.panels
        if parts & series_of(panel)
    ]
