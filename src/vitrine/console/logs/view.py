"""The page of the log: search in what is kept, and the lines as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from vitrine.console.frame.guard import Guard
from vitrine.console.frame.page import Pages
from vitrine.console.frame.session import Sessions
from vitrine.console.given import Given
from vitrine.usecases.log_search import LEVELS, Wanted, search

PAGE = "/console/logs"
STREAM = "text/event-stream"
MOST_FOUND = 200
LONGEST = 200
LOOK_EVERY_S = 0.5
STILL_HERE_S = 15.0
"""A stream that says nothing for longer may be cut by a proxy on its way."""


def logs_router(given: Given, pages: Pages, guard: Guard, sessions: Sessions) -> APIRouter:
    """Return the page, and the stream of lines behind it."""
    router = APIRouter(route_class=guard.route(), include_in_schema=False)

    @router.get(PAGE)
    async def logs(request: Request) -> Response:
        wanted = _wanted(request.query_params)
        last = given.log.last
        lines = given.log.after()
        found = await asyncio.to_thread(search, lines, wanted, MOST_FOUND)
        first = (await asyncio.to_thread(search, lines[:1], Wanted(own=True), 1))[:1]
        tail = urlencode({**_query(wanted), "after": _mark(given, last)})
        return pages.show(
            request,
            "logs/logs.html",
            wanted=wanted,
            levels=LEVELS,
            found=found,
            kept=len(lines),
            since=first[0].timestamp if first else "",
            most=MOST_FOUND,
            worker=given.worker,
            tail=f"{PAGE}/tail?{tail}",
        )

    @router.get(PAGE + "/tail")
    async def tail(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=STREAM)  # nobody waits for the end of what has none
        wanted = _wanted(request.query_params)
        resumed = request.headers.get("last-event-id") or request.query_params.get("after", "")
        number = _number(given, resumed)
        session = request.state.session
        follow = _follow(given, pages, wanted, number, lambda: sessions.is_open(session))
        return StreamingResponse(follow, media_type=STREAM)

    return router


async def _follow(
    given: Given, pages: Pages, wanted: Wanted, number: int, may_see: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield new lines as events, until the program or the session ends."""
    yield b": what is new follows\n\n"
    silent_s = 0.0
    while await may_see() and not given.log.closed:
        fresh = given.log.after(number)
        number = fresh[-1].number if fresh else number
        found = search(fresh, wanted, MOST_FOUND) if fresh else ()
        if found:
            rows = pages.piece("logs/rows.html", found=found)
            mark = _mark(given, number).encode()
            yield b"id: %b\ndata: %b\n\n" % (mark, orjson.dumps(rows))
            silent_s = 0.0
        elif silent_s >= STILL_HERE_S:
            yield b": nothing new\n\n"
            silent_s = 0.0
        silent_s += LOOK_EVERY_S
        await asyncio.sleep(LOOK_EVERY_S)


def _mark(given: Given, number: int) -> str:
    """Return the number of a line, with the worker whose count it is, of several."""
    return f"{given.worker}:{number}" if given.worker else str(number)


def _number(given: Given, mark: str) -> int:
    """Return the number of the line behind which to go on; the newest where it is not ours."""
    worker, _, number = mark.rpartition(":")
    ours = worker == given.worker and number.isdecimal()
    return int(number[:15]) if ours else given.log.last


def _wanted(query: Mapping[str, str]) -> Wanted:
    def text(name: str) -> str:
        return query.get(name, "").strip()[:LONGEST]

    level = text("level")
    return Wanted(
        level if level in LEVELS else "",
        text("component"),
        text("request"),
        text("text"),
        text("since"),
        text("until"),
        own=query.get("own") == "yes",
    )


def _query(wanted: Wanted) -> dict[str, str]:
    """Return what an address says of a search."""
    texts = {name: str(value) for name, value in wanted._asdict().items() if value}
    return {**texts, "own": "yes"} if wanted.own else texts
