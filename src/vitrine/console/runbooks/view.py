"""Runbooks, from the declarations of their alerts: inside the console, and for everybody."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from vitrine.catalogue.alert import Alert, Look
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.drills import drills_of
from vitrine.console.dashboards.unit import digits
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.console.outcome import Outcome, outcome
from vitrine.usecases.monitoring_ports import Sample

PUBLIC, INSIDE = "/runbooks", "/console/runbooks"
MOST_SERIES = 12
KNOWN = {alert.name: alert for alert in ALERTS}


class Looked(NamedTuple):
    """A query of a runbook with what it answers now, the largest first."""

    look: Look
    found: Outcome[Sequence[tuple[str, str]]]


def public_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the runbooks for who was woken, without a login: they hold no secret."""
    router = APIRouter(route_class=guard.route(public=True), include_in_schema=False)

    @router.get(PUBLIC)
    async def runbooks(request: Request) -> Response:
        return _list(request, pages, PUBLIC)

    @router.get(PUBLIC + "/{alert}", responses={404: {}})
    async def runbook(request: Request, alert: str) -> Response:
        if alert not in KNOWN:
            return _list(request, pages, PUBLIC, missing=alert)
        return _page(request, pages, KNOWN[alert], given.dashboards)

    return router


def runbooks_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the runbooks inside the console, with what their queries answer now."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(INSIDE)
    async def runbooks(request: Request) -> Response:
        return _list(request, pages, INSIDE)

    @router.get(INSIDE + "/{alert}", responses={404: {}})
    async def runbook(request: Request, alert: str) -> Response:
        if alert not in KNOWN:
            return _list(request, pages, INSIDE, missing=alert)
        found = KNOWN[alert]
        looked = await asyncio.gather(*(_looked(given, look) for look in found.runbook.look))
        return _page(request, pages, found, given.dashboards, looked)

    return router


def _list(request: Request, pages: Pages, path: str, missing: str = "") -> Response:
    return pages.show(
        request,
        "runbooks/runbooks.html",
        404 if missing else 200,
        alerts=ALERTS,
        path=path,
        missing=missing[:60],
    )


def _page(
    request: Request,
    pages: Pages,
    alert: Alert,
    dashboards: Sequence[Dashboard],
    looked: Sequence[Looked] = (),
) -> Response:
    watched = [
        (board, panel)
        for board in dashboards
        for panel in board.panels
        if alert.name in panel.alerts
    ]
    return pages.show(
        request,
        "runbooks/runbook.html",
        alert=alert,
        drills=drills_of(alert),
        watched=watched,
        looked=looked or [Looked(look, Outcome(None)) for look in alert.runbook.look],
    )


async def _looked(given: Given, look: Look) -> Looked:
    """Ask a query that the runbook declares; no other one can be asked."""
    found = await outcome(given.series.at(str(look.query), given.clock() / 1_000))
    if found.value is None:
        return Looked(look, Outcome(None, found.problem))
    return Looked(look, Outcome(_rows(found.value)))


def _rows(samples: Sequence[Sample]) -> list[tuple[str, str]]:
    numbers = [sample for sample in samples if not math.isnan(sample.value)]
    numbers.sort(key=lambda sample: -sample.value)
    return [
        (
            ", ".join(value for name, value in sample.labels.items() if name != "__name__"),
            digits(sample.value),
        )
        for sample in numbers[:MOST_SERIES]
    ]
