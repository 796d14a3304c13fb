"""Keeps an alert from being told for a while, and has it told again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from vitrine.catalogue.alerts import ALERTS
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.given import Given
from vitrine.signals import AlertSilenced
from vitrine.usecases.monitoring_ports import MonitoringUnavailableError, QuestionRefusedError

PAGE = "/console/alerts"
MINUTES = {"60": "1 hour", "240": "4 hours", "1440": "1 day", "4320": "3 days"}
LONGEST_COMMENT = 200


def silences_router(given: Given, _pages: Pages, guard: Guard) -> APIRouter:
    """Return what the forms on the page of alerts do."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    known = {alert.name for alert in ALERTS}

    @router.post(PAGE + "/silence", status_code=303, responses={404: {}, 422: {}, 503: {}})
    async def silence(
        request: Request,
        alert: Annotated[str, Form()],
        minutes: Annotated[str, Form()],
        comment: Annotated[str, Form(max_length=LONGEST_COMMENT)] = "",
    ) -> Response:
        if alert not in known:
            raise HTTPException(404, f"there is no alert {alert[:60]!r}")
        if minutes not in MINUTES:
            raise HTTPException(422, f"a silence lasts {', '.join(MINUTES.values())}")
        request.state.subject = f"{alert} for {minutes} min"
        now = given.clock()
        until = now + int(minutes) * 60_000
        said = comment.strip() or "silenced in the console"
        try:
            await given.silences.create({"alertname": alert}, now, until, said)
        except (MonitoringUnavailableError, QuestionRefusedError) as problem:
            raise HTTPException(503, f"it could not be silenced: {problem}") from None
        given.emit(AlertSilenced(alert, int(minutes)))
        return RedirectResponse(PAGE, 303)

    @router.post(PAGE + "/tell", status_code=303, responses={503: {}})
    async def tell(
        request: Request,
        silence: Annotated[str, Form(max_length=60)],
        alert: Annotated[str, Form(max_length=60)],
    ) -> Response:
        told = request.state.subject = alert if alert in known else "another alert"
        try:
            await given.silences.expire(silence)
        except (MonitoringUnavailableError, QuestionRefusedError) as problem:
            raise HTTPException(503, f"the silence could not be ended: {problem}") from None
        given.emit(AlertSilenced(told, 0))
        return RedirectResponse(PAGE, 303)

    return router
