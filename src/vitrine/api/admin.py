"""`/api/admin`: what the owner may see and turn, by bearer token."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException
from pydantic import BaseModel

from vitrine.api.service import Service
from vitrine.domain.failure import Failure
from vitrine.signals import StoreFailed
from vitrine.usecases.ports import StoreUnavailableError

Declared = dict[int | str, dict[str, Any]]

WITHOUT_TOKEN: Declared = {401: {"description": "Not the home's admin token"}}
UNREADABLE: Declared = {400: {"description": "The body cannot be read"}}
UNKNOWN: Declared = {404: {"description": "Nothing of that id is known"}}
BUSY: Declared = {503: {"description": "Not done; ask again"}}


class SwitchState(BaseModel):
    """Whether personalization is on; off gives everybody the default page."""

    on: bool


class LogLevel(BaseModel):
    """The lowest level that is logged."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def by_token(right: str) -> Callable[[str], Awaitable[None]]:
    """Return what refuses a request without the home's admin token."""

    async def check(authorization: Annotated[str, Header()] = "") -> None:
        scheme, _, token = authorization.partition(" ")
        known = hmac.compare_digest(token.encode(), right.encode())
        if scheme.lower() != "bearer" or not known:
            detail = (
                "send `Authorization: Bearer` with VITRINE_ADMIN_TOKEN,"
                " or without one with the token in $VITRINE_HOME/admin-token"
            )
            raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})

    return check


def admin_router(service: Service) -> APIRouter:
    """Return the routes, each refused without the home's admin token."""
    router = APIRouter(
        prefix="/api/admin",
        dependencies=[Depends(by_token(service.admin_token))],
        tags=["admin"],
        responses=WITHOUT_TOKEN,
    )

    @router.get("/summary", summary="Counts since the service started")
    async def summary() -> dict[str, Any]:
        return await asyncio.to_thread(service.summary)

    @router.get("/switch", summary="Is personalization on?")
    async def switch() -> SwitchState:
        return SwitchState(on=service.switch.on)

    @router.put(
        "/switch",
        summary="Turn personalization off or on for everybody, at once",
        responses=UNREADABLE,
    )
    async def turn(state: SwitchState) -> SwitchState:
        await service.switch.turn(on=state.on)
        return SwitchState(on=service.switch.on)

    @router.put(
        "/log-level",
        summary="Change the level of the log, until the next start",
        responses={**UNREADABLE, **BUSY},
    )
    async def log_level(wanted: LogLevel) -> LogLevel:
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

    @router.delete("/visitor", summary="Erase all that is kept of a visitor", responses=BUSY)
    async def forget(user_id: str) -> dict[str, int]:
        try:
            return (await service.forget(user_id))._asdict()
        except StoreUnavailableError as problem:
            service.emit(StoreFailed("forget", str(problem)))
            raise HTTPException(503, "not done; ask again", {"Retry-After": "2"}) from None
