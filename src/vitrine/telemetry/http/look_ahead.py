"""Asks the server what a client says next, ahead of the application."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from vitrine.telemetry.http.asgi import Message, Receive


class LookAhead:
    """Messages of a slow request, learnt before the application asks and kept for it.

    Servers say that a client has left only to those who ask. `saw` is called with each
    message as it comes. At most one question is open, which the application joins when it
    asks in the meantime; if it gives up, the question stays.
    """

    __slots__ = ("_kept", "_question", "_receive", "_saw")

    def __init__(self, receive: Receive, saw: Callable[[Message], None]) -> None:
        self._receive = receive
        self._saw = saw
        self._kept: deque[Message] = deque()
        self._question: asyncio.Task[Message] | None = None

    def look(self) -> None:
        """Ask for the next message, if that has not been done."""
        if self._question is None:
            self._question = asyncio.create_task(self._ask())
            self._question.add_done_callback(self._answered)

    async def receive(self) -> Message:
        """Return the next message that the application has not had; raise what the server did."""
        if not self._kept:
            self.look()
            assert self._question is not None
            question = self._question
            await asyncio.wait((question,))
            if not self._kept:
                return question.result()
        return self._kept.popleft()

    def stop(self) -> None:
        """Take back an open question."""
        if self._question is not None:
            self._question.cancel()

    async def _ask(self) -> Message:
        return await self._receive()

    def _answered(self, question: asyncio.Task[Message]) -> None:
        if question.cancelled() or question.exception() is not None:
            return  # the application is told when it asks
        self._question = None
        self._kept.append(question.result())
        self._saw(question.result())
