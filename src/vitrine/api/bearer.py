"""Asks for a token of the owner's: `Authorization: Bearer`."""

from __future__ import annotations

from fastapi import HTTPException, Request

from vitrine.senders import Senders
from vitrine.usecases.gate import Gate, HeldUp, Passage


class Bearer:
    """Refuses requests that a gate does not open for; `how` says which token to send."""

    def __init__(self, gate: Gate, senders: Senders, how: str) -> None:
        self._gate = gate
        self._senders = senders
        self._how = how

    def require(self, request: Request) -> None:
        """Raise 401 without the right token, 429 where too much was sent."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise self.unauthorized()
        sender = self._senders.sender(dict(request.scope), dict(request.scope["headers"]))
        found = self._gate.passes(token if scheme.lower() == "bearer" else "", sender)
        if isinstance(found, HeldUp):
            raise _held_up(found)
        if found is Passage.WRONG:
            raise self.unauthorized()

    def unauthorized(self) -> HTTPException:
        """Return the refusal of who has no token."""
        return HTTPException(401, self._how, {"WWW-Authenticate": "Bearer"})


def _held_up(found: HeldUp) -> HTTPException:
    sent = "wrong tokens from your network" if found.guessing else "requests with this token"
    wait = "1 second" if found.retry_after_s == 1 else f"{found.retry_after_s} seconds"
    detail = f"too many {sent}; wait {wait}"
    return HTTPException(429, detail, {"Retry-After": str(found.retry_after_s)})
