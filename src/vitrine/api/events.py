"""`POST /api/events`: one event or a batch; acknowledged means durable."""

from __future__ import annotations

from typing import Any

import orjson

from vitrine.api.http import (
    Cors,
    HttpError,
    Receive,
    Send,
    answer,
    answer_error,
    read_body,
)
from vitrine.domain.site import Site
from vitrine.senders import Headers, Scope, Senders
from vitrine.signals import Emit, RuleStopped, StoreFailed
from vitrine.usecases.ingest import EventReceipt, Ingest
from vitrine.usecases.personalize import Personalize
from vitrine.usecases.ports import StoreUnavailableError

MOST_EVENTS = 100
RETRY_AFTER_S = 2
LARGEST_SHIFT = 100.0
MEDIA_TYPES = (b"application/json", b"text/plain")


class Events:
    """The ASGI endpoint."""

    def __init__(
        self, site: Site, ingest: Ingest, personalize: Personalize, senders: Senders, emit: Emit
    ) -> None:
        self._site = site
        self._ingest = ingest
        self._personalize = personalize
        self._senders = senders
        self._cors = Cors(site)
        self._emit = emit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        if scope["method"] == "OPTIONS":
            await self._cors.preflight(headers, send, b"POST")
            return
        allowed = self._cors.headers(headers)
        try:
            await answer(send, 202, await self._take(scope, receive, headers), allowed)
        except HttpError as error:
            await answer_error(send, error, allowed)

    async def _take(self, scope: Scope, receive: Receive, headers: Headers) -> bytes:
        if scope["method"] != "POST":
            raise HttpError(405, "use POST", (b"allow", b"POST, OPTIONS"))
        if not self._cors.allows(headers):
            raise HttpError(403, "origin: not among the site's origins (site.yaml)")
        media_type = headers.get(b"content-type", b"application/json").split(b";", 1)[0].strip()
        if media_type.lower() not in MEDIA_TYPES:
            raise HttpError(415, "content-type: use application/json or text/plain")
        raws, shift = _events_of(await read_body(receive, headers))
        try:
            ingested = await self._ingest(raws, self._senders.sender(scope, headers))
        except StoreUnavailableError as problem:
            self._emit(StoreFailed("record", str(problem)))
            detail = "nothing was stored; send it again"
            retry = (b"retry-after", str(RETRY_AFTER_S).encode())
            raise HttpError(503, detail, retry) from problem
        page = b"null"
        if ingested.visit is not None:
            wanted = headers.get(b"accept-language", b"").decode("latin-1")
            language = self._site.language(wanted)
            page = (await self._personalize.of(ingested.visit, language)).json()
            if shift:
                self._emit(RuleStopped(ingested.visit.segment, shift))
        receipts = orjson.dumps([_receipt(receipt) for receipt in ingested.receipts])
        return b'{"receipts":%s,"personalization":%s}' % (receipts, page)


def _events_of(body: bytes) -> tuple[list[Any], float]:
    """Return the events of a body, and the layout shift for which its page stopped a rule."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise HttpError(400, f"body: not valid JSON: {problem}") from None
    if isinstance(content, dict) and "events" in content:
        events = content["events"]
        if not isinstance(events, list):
            raise HttpError(422, "events: must be a list")
        if not 1 <= len(events) <= MOST_EVENTS:
            raise HttpError(422, f"events: must be 1 to {MOST_EVENTS}, got {len(events)}")
        return events, _shift(content.get("layout_shift"))
    if not isinstance(content, dict):
        raise HttpError(422, 'body: must be an event or {"events": [...]}')
    return [content], 0.0


def _shift(value: Any) -> float:
    """Return a layout shift that a page may claim; 0 for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return round(value, 4) if number and 0.0 < value <= LARGEST_SHIFT else 0.0


def _receipt(receipt: EventReceipt) -> dict[str, Any]:
    said: dict[str, Any] = {
        "event_id": receipt.event_id,
        "result": receipt.result,
        "reason": receipt.rejection.reason if receipt.rejection else None,
    }
    if receipt.rejection:
        said["detail"] = receipt.rejection.detail
    if receipt.dropped:
        said["dropped"] = receipt.dropped
    return said
