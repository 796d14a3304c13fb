"""Answers to scripts: JSON, zipped where that is accepted."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
from fastapi import Request, Response

WORTH_ZIPPING = 2_048
"""Bytes; less fits into a packet or two."""
FAST = 1


def json_answer(request: Request, content: Any) -> Response:
    """Return a content as JSON."""
    body = orjson.dumps(content)
    headers = {"vary": "accept-encoding"}
    if len(body) >= WORTH_ZIPPING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, FAST)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")
