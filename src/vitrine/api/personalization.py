"""`GET /api/personalization`: the page that suits a visitor, or the default one."""

from __future__ import annotations

from functools import lru_cache

from vitrine.api.http import (
    Cors,
    HttpError,
    Receive,
    Send,
    answer,
    answer_error,
    query_value,
)
from vitrine.domain.event import LONGEST_ID, is_visitor_id
from vitrine.domain.site import Site
from vitrine.senders import Headers, Scope, Senders
from vitrine.usecases.personalize import Personalize

PRIVATE = (b"cache-control", b"private, no-cache")


class Personalization:
    """The ASGI endpoint."""

    def __init__(self, site: Site, personalize: Personalize, senders: Senders) -> None:
        self._personalize = personalize
        self._senders = senders
        self._cors = Cors(site)
        self._language = lru_cache(1_024)(site.language)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        allowed = self._cors.headers(headers)
        try:
            if scope["method"] != "GET":
                await self._other(scope, headers, send)
                return
            await answer(send, 200, await self._json(scope, headers), (PRIVATE, *allowed))
        except HttpError as error:
            await answer_error(send, error, allowed)

    async def _json(self, scope: Scope, headers: Headers) -> bytes:
        query: bytes = scope["query_string"]
        claimed = query_value(query, b"user_id") or None
        if claimed is not None and not is_visitor_id(claimed):
            raise HttpError(
                422, f"user_id: must be a printable text of 1 to {LONGEST_ID} characters"
            )
        wanted = query_value(query, b"language") if b"language=" in query else None
        language = self._language(
            wanted or headers.get(b"accept-language", b"").decode("latin-1")[:100]
        )
        sender = self._senders.sender(scope, headers)
        return (await self._personalize(claimed, sender, language)).json()

    async def _other(self, scope: Scope, headers: Headers, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._cors.preflight(headers, send, b"GET")
        elif scope["method"] == "HEAD":
            await answer(send, 200, b"", (PRIVATE,))
        else:
            raise HttpError(405, "use GET", (b"allow", b"GET, HEAD, OPTIONS"))
