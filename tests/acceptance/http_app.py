"""An application with every case of an answer, measured; `python -m` serves it.

Arguments are the server, `granian` or `uvicorn`, and a port. What begins with `/test/` is not
measured: `state` tells what telemetry has counted and what the application has seen, `reset`
begins anew, `release` lets end what waits for that.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import fastapi
import orjson
import starlette
from fastapi import APIRouter, BackgroundTasks, FastAPI, HTTPException, WebSocket
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from vitrine.catalogue.metrics import API_DURATION, API_REQUESTS, CATALOGUE
from vitrine.operations import server as granian
from vitrine.telemetry.http import FinishedRequest, HttpTelemetry, Routes
from vitrine.telemetry.http.asgi import Receive, Scope, Send
from vitrine.telemetry.http.exchange import Exchange
from vitrine.telemetry.registry import Registry
from vitrine.telemetry.request_id import current

SLOW_S = 0.6
TICK_S = 0.05
FIELDS = (
    "method",
    "endpoint",
    "group",
    "status",
    "outcome",
    "duration_s",
    "first_byte_s",
    "request_id",
)

seen: list[str] = []
"""What the application received or did, in order."""

released = asyncio.Event()

inner, outer, sub, app = APIRouter(), APIRouter(), FastAPI(), FastAPI()


@inner.get("/{item}", status_code=203, responses={404: {"description": "No such item"}})
async def item(item: int) -> dict[str, int]:
    if item == 0:
        raise HTTPException(404)
    return {"item": item}


@sub.get("/{name}")
async def named(name: str) -> dict[str, str]:
    return {"name": name}


@app.get("/ordered/me")
async def me() -> str:
    return "me"


@app.get("/ordered/{who}")
async def who(who: str) -> str:
    return who


@app.post("/only-post")
async def only_post() -> str:
    return "posted"


@app.get("/id")
async def id_in_coroutine() -> str | None:
    await asyncio.sleep(0)
    return current()


@app.get("/id-in-thread")
def id_in_thread() -> str | None:
    return current()


@app.get("/fails")
async def fails() -> None:
    raise RuntimeError("before the first byte")


@app.get("/stream")
async def stream() -> Response:
    return StreamingResponse(_until_released(), media_type="text/plain")


@app.get("/short-stream")
async def short_stream() -> Response:
    return StreamingResponse(_chunks(3), media_type="text/plain")


@app.get("/breaks")
async def breaks() -> Response:
    return StreamingResponse(_chunks(2, fail=True), media_type="text/plain")


@app.get("/breaks-at-once")
async def breaks_at_once() -> Response:
    return StreamingResponse(_chunks(0, fail=True), media_type="text/plain")


@app.get("/events")
async def events() -> Response:
    return StreamingResponse(_chunks(3), media_type="text/event-stream")


@app.get("/file")
async def file() -> Response:
    return FileResponse(Path(__file__))


@app.get("/slow")
async def slow() -> str:
    await released.wait()
    seen.append("slow went on to its end")
    return "done"


@app.post("/late-reader")
async def late_reader(request: Request) -> int:
    await asyncio.sleep(SLOW_S)
    return len(await request.body())


@app.get("/background")
async def background(tasks: BackgroundTasks) -> str:
    tasks.add_task(released.wait)
    return "answered"


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text() + " back")
    await websocket.close()


async def plain(_request: Request) -> Response:
    return PlainTextResponse("plain")


async def raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Sleep, then note all that is received until the client leaves."""
    await asyncio.sleep(SLOW_S)
    kind = ""
    while kind != "http.disconnect":
        kind = (await receive())["type"]
        seen.append(f"{scope['path']} {kind}")


async def _until_released() -> AsyncIterator[bytes]:
    while not released.is_set():
        yield b"chunk\n"
        await asyncio.sleep(TICK_S)


async def _chunks(number: int, *, fail: bool = False) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"chunk\n"
        await asyncio.sleep(TICK_S)
    if fail:
        raise RuntimeError("in the middle of a stream")


async def direct(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b"direct"})


outer.include_router(inner, prefix="/inner")
app.include_router(outer, prefix="/nested")
app.add_route("/plain", plain, methods=["GET"])
app.mount("/sub", sub)
app.mount("/raw", raw)  # type: ignore[arg-type]  # Starlette's own, wider spelling of ASGI


class Measured:
    """The application behind a telemetry of its own."""

    def __init__(self, *, holds_start: bool) -> None:
        self._finished: list[FinishedRequest] = []
        routes = Routes({"/api/direct": ("POST",)}, app, statuses={"/api/direct": (202,)})
        self._registry = Registry(
            CATALOGUE,
            {"endpoint": routes.templates},
            {API_REQUESTS.name: routes.combinations(), API_DURATION.name: routes.pairs()},
        )
        self.serve = HttpTelemetry(
            self._dispatch,
            routes=routes,
            registry=self._registry,
            finished=self._finished.append,
            holds_start=holds_start,
        )

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen: Any = direct if scope.get("path") == "/api/direct" else app
        await chosen(scope, receive, send)

    def state(self) -> dict[str, Any]:
        counts = self._registry.read()
        return {
            "fastapi": fastapi.__version__,
            "starlette": starlette.__version__,
            "outside": current(),
            "seen": seen,
            "left": sum(
                isinstance(watched, Exchange) and watched._client_left > 0
                for watched in self.serve._watch._old
            ),
            "finished": [
                {name: getattr(request, name) for name in FIELDS} for request in self._finished
            ],
            "counts": counts,
            "histograms": {
                name: [
                    {
                        "labels": dict(zip(family.metric.label_names, values, strict=True)),
                        "count": sum(cell.counts),
                        "sum": cell.total,
                        "ids": [one.request_id for one in cell.exemplars if one is not None],
                    }
                    for values, cell in family.histograms.items()
                ]
                for name, family in self._registry.families.items()
            },
        }


class Tested:
    """What is served: the measured application, and beside it what tests ask."""

    def __init__(self, *, holds_start: bool) -> None:
        self._holds_start = holds_start
        self._measured = Measured(holds_start=holds_start)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith("/test/"):
            await self._measured.serve(scope, receive, send)
            return
        if path == "/test/reset":
            self._measured = Measured(holds_start=self._holds_start)
            seen.clear()
            released.clear()
        elif path == "/test/release":
            released.set()
        await answer(send, orjson.dumps(self._measured.state()))


async def answer(send: Send, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def serve(server: str, port: int) -> None:
    if server == "granian":
        granian.run(Tested(holds_start=True), "127.0.0.1", port)
    else:
        import uvicorn

        tested: Any = Tested(holds_start=False)
        # Its other parser refuses methods that it does not know before anybody is asked.
        uvicorn.run(tested, host="127.0.0.1", port=port, log_level="critical", http="h11")


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
