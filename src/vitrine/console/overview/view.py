"""The overview."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from vitrine.catalogue.alert import Severity
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.navigation import HOME
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given, Standing
from vitrine.console.outcome import outcome
from vitrine.console.overview.health import cost, health

CHANGES = 12


def overview_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the first page."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(HOME)
    async def overview(request: Request) -> Response:
        standings, active, parts, present = await asyncio.gather(
            outcome(given.standings()),
            outcome(given.alerts.active()),
            health(given),
            asyncio.to_thread(given.present),
        )
        told = [a for a in active.value or () if a.labels.get("severity") != Severity.HEARTBEAT]
        return pages.show(
            request,
            "overview/overview.html",
            standings=standings,
            ratios=_of_kind(standings.value, "ratio"),
            limits=_of_kind(standings.value, "limit"),
            trends=_of_kind(standings.value, "trend"),
            active=active,
            firing=[alert for alert in told if alert.state == "firing"],
            pending=[alert for alert in told if alert.state == "pending"],
            parts=parts,
            cost=cost(present),
            changes=given.journal.entries[:CHANGES],
        )

    return router


def _of_kind(standings: Sequence[Standing] | None, kind: str) -> list[Standing]:
    return [one for one in standings or () if one.kind == kind]
