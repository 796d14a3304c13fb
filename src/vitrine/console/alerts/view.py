"""The page of alerts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from vitrine.catalogue.alert import Alert, Severity
from vitrine.catalogue.alerts import ALERTS
from vitrine.console.alerts.silences import MINUTES, PAGE
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.console.outcome import outcome
from vitrine.usecases.monitoring_ports import ActiveAlert, Silence

ORDER = ("firing", "pending", "inactive", "not evaluated", "unknown")


class Shown(NamedTuple):
    """A declared alert with its state, and for whom it holds."""

    alert: Alert
    state: str
    active: Sequence[ActiveAlert]
    silence: Silence | None

    @property
    def is_heartbeat(self) -> bool:
        """Whether it fires all the time, to show that alerting works."""
        return self.alert.severity is Severity.HEARTBEAT

    @property
    def is_urgent(self) -> bool:
        """Whether somebody should look at it now."""
        return bool(self.active) and not self.is_heartbeat


def alerts_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the page."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(PAGE)
    async def alerts(request: Request) -> Response:
        names, active, silences = await asyncio.gather(
            outcome(given.alerts.known()),
            outcome(given.alerts.active()),
            outcome(given.silences.active()),
        )
        shown = _shown(names.value, active.value or (), silences.value or ())
        return pages.show(
            request,
            "alerts/alerts.html",
            shown=shown,
            counts=Counter(one.state for one in shown if not one.is_heartbeat),
            problem=names.problem or active.problem,
            silences=silences,
            minutes=MINUTES,
        )

    return router


def _shown(
    names: frozenset[str] | None, active: Sequence[ActiveAlert], silences: Sequence[Silence]
) -> list[Shown]:
    """Return every declared alert, what fires first; the watchdog always does, and stands last."""
    by_name: dict[str, list[ActiveAlert]] = {}
    for one in active:
        by_name.setdefault(one.name, []).append(one)
    shown = [
        Shown(
            alert,
            _state(alert.name, names, by_name),
            by_name.get(alert.name, ()),
            next((s for s in silences if s.covers({"alertname": alert.name})), None),
        )
        for alert in ALERTS
    ]
    return sorted(shown, key=lambda one: (one.is_heartbeat, ORDER.index(one.state)))


def _state(
    name: str, names: frozenset[str] | None, active: Mapping[str, Sequence[ActiveAlert]]
) -> str:
    if names is None:
        return "unknown"
    if name not in names:
        return "not evaluated"
    states = {one.state for one in active.get(name, ())}
    return next((state for state in ORDER if state in states), "inactive")
