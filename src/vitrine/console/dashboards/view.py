"""The pages of the dashboards, and the data that fills them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.catalogue.dashboard import Dashboard
from vitrine.console.dashboards.board import Board, Shown, fill
from vitrine.console.dashboards.figures import DRAW
from vitrine.console.dashboards.period import LAST, Period, period
from vitrine.console.dashboards.selection import Selection, selection
from vitrine.console.dashboards.state import SAID
from vitrine.console.frame.answer import json_answer
from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.frame.words import moment
from vitrine.console.given import Given
from vitrine.signals import DashboardViewed

BOARDS = "/console/dashboards"
REFRESHES = {"": "off", "10": "10 s", "30": "30 s", "60": "1 min", "300": "5 min"}
USUAL_REFRESH = "30"
PLOTTED = frozenset(kind for kind in DRAW if kind.value not in {"table", "counter"})


class Asked(NamedTuple):
    """What the address of a dashboard asks for."""

    dashboard: Dashboard
    period: Period
    selected: Selection
    refresh: str

    @property
    def query(self) -> dict[str, str]:
        """Return what links to other dashboards carry along."""
        return {**self.period.query, **self.selected.query, "refresh": self.refresh}


def dashboards_router(given: Given, pages: Pages, guard: Guard) -> APIRouter:
    """Return the list of dashboards, each dashboard, and its data."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)
    known = {dashboard.uid: dashboard for dashboard in given.dashboards}

    def asked(uid: str, query: Mapping[str, str]) -> Asked:
        if uid not in known:
            raise HTTPException(404, f"there is no dashboard {uid[:40]!r}; the list has them all")
        chosen = period(query.get("from", ""), query.get("to", "now"), given.clock())
        refresh = query.get("refresh", USUAL_REFRESH)
        return Asked(
            known[uid],
            chosen,
            selection(query),
            refresh if refresh in REFRESHES else USUAL_REFRESH,
        )

    @router.get(BOARDS)
    async def boards(request: Request) -> Response:
        return pages.show(request, "dashboards/boards.html", dashboards=given.dashboards)

    @router.get(BOARDS + "/{uid}", responses={404: {}})
    async def board(request: Request, uid: str) -> Response:
        wanted = asked(uid, request.query_params)
        given.emit(DashboardViewed(uid))
        return pages.show(
            request,
            "dashboards/board.html",
            board=wanted.dashboard,
            boards=given.dashboards,
            period=wanted.period,
            selected=wanted.selected,
            refresh=wanted.refresh,
            query=urlencode(wanted.query),
            earlier=urlencode({**wanted.query, **wanted.period.moved(-1).query}),
            later=urlencode({**wanted.query, **wanted.period.moved(1).query}),
            last=LAST,
            refreshes=REFRESHES,
            plotted=PLOTTED,
        )

    @router.get(BOARDS + "/{uid}/data", responses={404: {}})
    async def data(request: Request, uid: str) -> Response:
        wanted = asked(uid, request.query_params)
        found = await fill(given.series, wanted.dashboard, wanted.selected, wanted.period)
        return json_answer(request, _json(pages, found, given.clock()))

    return router


def _json(pages: Pages, board: Board, now_ms: int) -> dict[str, Any]:
    return {
        "as_of": moment(now_ms),
        "problem": board.problem,
        "offered": board.offered,
        "marks": [mark._asdict() for mark in board.marks],
        "marks_html": pages.piece("dashboards/marks.html", marks=board.marks),
        "panels": [_panel(pages, shown) for shown in board.shown],
    }


def _panel(pages: Pages, shown: Shown) -> dict[str, Any]:
    picture = shown.picture
    return {
        "state": shown.state,
        "summary": picture.summary if picture else SAID[shown.state] if shown.state else "",
        "html": pages.piece("dashboards/panel.html", shown=shown, picture=picture, said=SAID),
        "plot": picture.plot if picture else None,
    }
