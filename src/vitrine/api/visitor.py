"""`/api/visitor`: what is known of a visitor, for the visitor, by a token of ten minutes."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, HTTPException, Request, Response

from vitrine.api.http import Cors, HttpError, read_body
from vitrine.api.service import Service
from vitrine.domain.event import Rejection, RejectionReason, is_visitor_id
from vitrine.signals import StoreFailed
from vitrine.usecases.identify import Sender
from vitrine.usecases.opt_out import TooManyOptOutsError
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.proof import TOKEN_LASTS_MS, Asker

T = TypeVar("T")
Declared = dict[int | str, dict[str, Any]]

ASK = "send `Authorization: Bearer` with a visitor token; it lasts ten minutes"
OVER_LIMIT = "too many questions; wait a minute"
BUSY: Declared = {
    429: {"description": "The network asked too often, or with this token"},
    503: {"description": "The database does not answer"},
}
BY_TOKEN: Declared = {401: {"description": "No token, a wrong one, or one that is over"}, **BUSY}
REFUSED: Declared = {403: {"description": "Another origin, or nothing that proves who asks"}}
MALFORMED: Declared = {
    status: {"description": "The body is not what is asked for"} for status in (400, 408, 413, 422)
}


def visitor_router(service: Service) -> APIRouter:
    """Return the routes by which visitors see, erase and switch off what is kept of them."""
    routes = _DeskRoutes(service)
    router = APIRouter(prefix="/api/visitor", tags=["visitors"])
    router.add_api_route(
        "/id",
        routes.new_id,
        methods=["POST"],
        status_code=201,
        responses={**REFUSED, 429: BUSY[429]},
        summary="A signed id, for a visitor who consents to be known again",
    )
    router.add_api_route(
        "/token",
        routes.token,
        methods=["POST"],
        responses={**REFUSED, **MALFORMED, **BUSY},
        summary="A token for who asks: the visitor of the day, or a signed id",
        openapi_extra=_takes("id", "string"),
    )
    router.add_api_route(
        "",
        routes.export,
        methods=["GET"],
        responses=BY_TOKEN,
        summary="All that is kept of the visitor",
    )
    router.add_api_route(
        "",
        routes.forget,
        methods=["DELETE"],
        responses=BY_TOKEN,
        summary="Erase all that is kept of the visitor",
    )
    router.add_api_route(
        "",
        routes.turn,
        methods=["PUT"],
        responses={**BY_TOKEN, **MALFORMED},
        summary="Switch it off for the visitor, or on again",
        openapi_extra=_takes("off", "boolean"),
    )
    return router


class _DeskRoutes:
    """The HTTP side of the desk."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._desk = service.desk
        self._cors = Cors(service.site)

    async def new_id(self, request: Request) -> Response:
        self._require_page_of_ours(request)
        found = _granted(self._desk.new_id(self._sender(request)))
        return self._answer(request, {"id": found}, 201)

    async def token(self, request: Request) -> Response:
        self._require_page_of_ours(request)
        claimed = (await _json(request)).get("id")
        if claimed is not None and not is_visitor_id(claimed):
            raise HTTPException(422, "id: must be a printable text of 1 to 128 characters")
        sender = self._sender(request)
        found = _granted(await self._held("identify", self._desk.token(claimed, sender)))
        return self._answer(request, {"token": found, "expires_in": TOKEN_LASTS_MS // 1000})

    async def export(self, request: Request, language: str = "") -> Response:
        asker = self._asker(request)
        spoken = self._service.site.language(language or request.headers.get("accept-language"))
        return self._answer(request, await self._held("history", self._desk.export(asker, spoken)))

    async def forget(self, request: Request) -> Response:
        forgotten = await self._held("forget", self._desk.forget(self._asker(request)))
        return self._answer(request, {"erased": forgotten._asdict()})

    async def turn(self, request: Request) -> Response:
        asker = self._asker(request)
        off = (await _json(request)).get("off")
        if not isinstance(off, bool):
            raise HTTPException(422, "off: must be true or false")
        try:
            await self._held("opt_out", self._desk.turn(asker, off=off))
        except TooManyOptOutsError as problem:
            raise HTTPException(503, str(problem)) from None
        return self._answer(request, {"off": off})

    def _sender(self, request: Request) -> Sender:
        return self._service.senders.sender(dict(request.scope), _headers(request))

    def _require_page_of_ours(self, request: Request) -> None:
        if not self._cors.allows(_headers(request)):
            raise HTTPException(403, "origin: not among the site's origins (site.yaml)")

    def _asker(self, request: Request) -> Asker:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token if scheme.lower() == "bearer" else ""
        found = _granted(self._desk.asker(given, self._sender(request)))
        if found is None:
            raise HTTPException(401, ASK, {"WWW-Authenticate": "Bearer"})
        return found

    async def _held(self, operation: str, work: Awaitable[T]) -> T:
        try:
            return await work
        except StoreUnavailableError as problem:
            self._service.emit(StoreFailed(operation, str(problem)))
            raise HTTPException(503, "not done; ask again", {"Retry-After": "2"}) from None

    def _answer(self, request: Request, content: Any, status: int = 200) -> Response:
        response = Response(orjson.dumps(content), status, media_type="application/json")
        response.headers["cache-control"] = "no-store"
        for name, value in self._cors.headers(_headers(request)):
            response.headers[name.decode()] = value.decode()
        return response


def _granted(found: T | Rejection) -> T:
    if not isinstance(found, Rejection):
        return found
    if found.reason is RejectionReason.OVER_LIMIT:
        raise HTTPException(429, OVER_LIMIT, {"Retry-After": "60"})
    raise HTTPException(403, found.detail)


def _headers(request: Request) -> dict[bytes, bytes]:
    return dict(request.scope["headers"])


async def _json(request: Request) -> dict[str, Any]:
    """Return the body's object; nothing at all is an empty one."""
    try:
        body = await read_body(request.receive, _headers(request))  # type: ignore[arg-type]
        content = orjson.loads(body or b"{}")
    except HttpError as refusal:
        raise HTTPException(refusal.status, refusal.detail) from None
    except orjson.JSONDecodeError as problem:
        raise HTTPException(400, f"body: not valid JSON: {problem}") from None
    if not isinstance(content, dict):
        raise HTTPException(422, "body: must be an object")
    return content


def _takes(name: str, kind: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": kind}}}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}
