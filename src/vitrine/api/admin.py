"""`/api/admin`: what the owner may see and turn, by bearer token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from vitrine.api.bearer import Bearer
from vitrine.api.service import Service
from vitrine.domain.failure import Failure
from vitrine.domain.pseudonym import network_of
from vitrine.signals import Actor, AdminActed, StoreFailed
from vitrine.usecases.ports import StoreUnavailableError

Declared = dict[int | str, dict[str, Any]]

WITHOUT_TOKEN: Declared = {
    401: {"description": "Not the home's admin token"},
    429: {"description": "Too many requests with it, or too many wrong ones of the network"},
}
HOW = (
    "send `Authorization: Bearer` with VITRINE_ADMIN_TOKEN,"
    " or without one with the token in $VITRINE_HOME/admin-token"
)
UNREADABLE: Declared = {
    status: {"description": "The body cannot be read"} for status in (400, 408, 413)
}
UNKNOWN: Declared = {404: {"description": "Nothing of that id is known"}}
BUSY: Declared = {503: {"description": "Not done; ask again"}}


class SwitchState(BaseModel):
    """Whether personalization is on; off gives everybody the default page."""

    on: bool


class LogLevel(BaseModel):
    """The lowest level that is logged."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def by_token(service: Service) -> Callable[[Request, str], Awaitable[None]]:
    """Return what refuses a request without the home's admin token."""
    bearer = Bearer(service.admin_gate, service.senders, HOW)

    async def check(
        request: Request,
        authorization: Annotated[str, Header()] = "",  # noqa: ARG001 - for the OpenAPI document
    ) -> None:
        bearer.require(request)
        request.state.actor = Actor.TOKEN

    return check


def _audited(service: Service) -> type[APIRoute]:
    """Return the class of routes each of whose requests is written down, if it may change things.

    The route's name says what was done, and `request.state.subject` what it was about.
    """

    class Audited(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                if request.method == "GET":
                    return await handle(request)
                status = 500
                try:
                    response = await handle(request)
                    status = response.status_code
                except HTTPException as refusal:
                    status = refusal.status_code
                    raise
                except RequestValidationError:
                    status = 422
                    raise
                except StoreUnavailableError:
                    status = 503
                    raise
                finally:
                    service.emit(_acted(service, self.name, request, status))
                return response

            return answer

    return Audited


def _acted(service: Service, action: str, request: Request, status: int) -> AdminActed:
    said = request.state
    sender = service.senders.sender(dict(request.scope), dict(request.scope["headers"]))
    return AdminActed(
        action,
        getattr(said, "subject", ""),
        getattr(said, "actor", Actor.NOBODY),
        network_of(sender.address),
        status,
    )


def admin_router(service: Service) -> APIRouter:
    """Return the routes, each refused without the home's admin token."""
    router = APIRouter(
        prefix="/api/admin",
        route_class=_audited(service),
        dependencies=[Depends(by_token(service))],
        tags=["admin"],
        responses={**WITHOUT_TOKEN, **BUSY},
    )

    @router.get("/summary", summary="Counts since the service started")
    async def summary() -> dict[str, Any]:
        return await asyncio.to_thread(service.summary)

    @router.get("/switch", summary="Is personalization on?")
    async def switch() -> SwitchState:
        return SwitchState(on=service.switch.on)

    @router.put(
        "/switch",
        name="switch",
        summary="Turn personalization off or on for everybody",
        responses=UNREADABLE,
    )
    async def turn(state: SwitchState, request: Request) -> SwitchState:
        request.state.subject = "on" if state.on else "off"
        await service.switch.turn(on=state.on)
        return SwitchState(on=service.switch.on)

    @router.put(
        "/log-level",
        summary="Change the level of the log, until the next start",
        responses=UNREADABLE,
    )
    async def log_level(wanted: LogLevel, request: Request) -> LogLevel:
        request.state.subject = wanted.level
        try:
            await asyncio.to_thread(service.set_log_level, wanted.level)
        except Failure as problem:
            raise HTTPException(503, str(problem), {"Retry-After": "2"}) from None
        return wanted

    @router.get(
        "/preview",
        summary="The page as a segment sees it; nothing is counted",
        responses=UNKNOWN,
    )
    async def preview(segment: str | None = None, language: str = "") -> dict[str, Any]:
        if segment is not None and segment not in service.site.segment_ids:
            known = ", ".join(service.site.segment_ids)
            raise HTTPException(404, f"segment: not one of {known}")
        return service.rule(segment, service.site.language(language))._asdict()

    @router.get("/experiment", summary="Does it help? Held out against personalized")
    async def experiment() -> dict[str, Any]:
        return await service.experiment()

    _add_visitor(router, service)
    return router


def _add_visitor(router: APIRouter, service: Service) -> None:
    @router.get(
        "/visitor",
        summary="What a visitor is taken for, and which events say so",
        responses=UNKNOWN,
    )
    async def visitor(user_id: str) -> dict[str, Any]:
        found = await service.explain(user_id)
        if found is None:
            raise HTTPException(404, "user_id: no visit of that id is known")
        return found

    @router.delete("/visitor", summary="Erase all that is kept of a visitor")
    async def forget(user_id: str, request: Request) -> dict[str, int]:
        try:
            erased = await service.forget(user_id)
        except StoreUnavailableError as problem:
            service.emit(StoreFailed("forget", str(problem)))
            raise HTTPException(503, "not done; ask again", {"Retry-After": "2"}) from None
        request.state.subject = f"visits: {erased.visits}, events: {erased.events}"
        return erased._asdict()
