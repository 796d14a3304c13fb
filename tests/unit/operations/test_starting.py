"""Why an application could not start, as people read it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from granian.asgi import LifespanProtocol
from granian.errors import FatalError

from vitrine.operations.starting import App, CannotStartError, Starting, serve_started
from vitrine.usecases.ports import StoreUnavailableError


class Granian:
    """Starts an application as granian does, and serves nothing."""

    def __init__(self, app: App) -> None:
        self.lifespan = LifespanProtocol(app)  # type: ignore[no-untyped-call]

    async def serve(self) -> None:
        await self.lifespan.startup()  # type: ignore[no-untyped-call]
        if self.lifespan.interrupt:
            raise FatalError("ASGI lifespan startup")
        await self.lifespan.shutdown()  # type: ignore[no-untyped-call]


def failing(problem: Exception, at: str = "startup") -> App:
    """Return an application that fails as Starlette does: it tells a traceback, and raises."""

    async def app(_scope: Any, receive: App, send: App) -> None:
        for stage in ("startup", "shutdown"):
            await receive()
            if stage == at:
                await send({"type": f"lifespan.{stage}.failed", "message": "Traceback"})
                raise problem
            await send({"type": f"lifespan.{stage}.complete"})

    return app


async def said(problem: Exception) -> str:
    starting = Starting(failing(problem))
    with pytest.raises(CannotStartError) as refused:
        await serve_started(Granian(starting), starting)  # type: ignore[arg-type]
    return str(refused.value)


async def test_the_line_has_what_was_at_the_bottom_and_no_log_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    problem = StoreUnavailableError("TooManyConnectionsError 53300")
    problem.__cause__ = OSError("too many\nconnections")
    assert await said(problem) == "cannot start: OSError: too many connections"
    assert await said(StoreUnavailableError("full")) == "cannot start: full"
    assert caplog.records == []


async def test_a_mistake_in_the_program_is_in_the_log_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await said(KeyError("site")) == "cannot start: KeyError: 'site'"
    (record,) = caplog.records
    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)


async def test_a_failure_at_the_end_is_the_servers_to_tell(
    caplog: pytest.LogCaptureFixture,
) -> None:
    starting = Starting(failing(KeyError("end"), at="shutdown"))
    granian = Granian(starting)
    await serve_started(granian, starting)  # type: ignore[arg-type]
    assert granian.lifespan.failure_shutdown
    assert [record.message for record in caplog.records] == ["Traceback"]
