"""An application that may not be able to start: why is said in one line, as people read it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from granian.errors import FatalError
from granian.server.embed import Server

from vitrine.domain.failure import Failure

STARTED, FAILED = "lifespan.startup.complete", "lifespan.startup.failed"

Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]


class CannotStartError(Failure):
    """The application could not start; the message says why."""


class Starting:
    """An application whose failure to start is kept as `problem`.

    The server is only told that there was one: it would write a traceback, and go on without
    what should have started.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self.problem: Exception | None = None

    def __call__(self, scope: Message, receive: App, send: App) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._app(scope, receive, send)

    async def _live(self, scope: Message, receive: App, send: App) -> None:
        started = False

        async def tell(message: Message) -> None:
            nonlocal started
            if message["type"] == STARTED:
                started = True
                gc.freeze()  # to go through what stays takes 80 ms, in which nobody is answered
            if message["type"] != FAILED:  # that one's message is the traceback
                await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception as problem:
            if started:
                raise
            self.problem = problem
            await send({"type": FAILED})


async def serve_started(server: Server, starting: Starting) -> None:
    """Serve until the server is stopped; raises `CannotStartError` where it never began."""
    try:
        await server.serve()
    except FatalError:
        problem = starting.problem
        if problem is None:
            raise
        if not isinstance(problem, Failure):
            logging.getLogger(__name__).exception("Cannot start", exc_info=problem)
        raise CannotStartError(f"cannot start: {_cause(problem)}") from None


def _cause(problem: BaseException) -> str:
    """Return in one line what was at the bottom of it."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    said, name = " ".join(str(problem).split()), type(problem).__name__
    return said if isinstance(problem, Failure) else f"{name}: {said}"
