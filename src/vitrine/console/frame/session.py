"""Who is logged in: sessions of this process, named by a signed cookie."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "vitrine_console"
INVITED = "vitrine_console_invited"
"""A cookie of its own: who comes by a link from elsewhere sends no strict cookie at first, is
shown the login form, and must not lose the session to it."""
IDLE_MS = 2 * 3_600_000
LONGEST_MS = 12 * 3_600_000
MOST = 100
"""Sessions at a time; the oldest one ends for the next."""
PURPOSE = b"cookie of the console"

Theme = Literal["auto", "light", "dark"]


@dataclass(slots=True, eq=False)
class Session:
    """One login. `csrf` stands in each of its forms; `theme` is what its pages look like."""

    began: int
    seen: int
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    theme: Theme = "auto"


class Invitation(NamedTuple):
    """What a login form needs: a cookie, and the token in the form that belongs to it."""

    cookie: str
    csrf: str


class Sessions:
    """All sessions. They end after two hours without a request, after twelve, and by logout.

    They are kept here, not in the cookie, so that one that has ended cannot come back.
    """

    def __init__(self, key: bytes, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._signer = URLSafeSerializer(
            key,
            salt=PURPOSE,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def open(self) -> str:
        """Begin a session and return the cookie that names it."""
        now = self._clock()
        name = secrets.token_urlsafe(24)
        self._sessions[name] = Session(now, now)
        if len(self._sessions) > MOST:
            del self._sessions[next(iter(self._sessions))]
        return self._signed("session", name)

    def find(self, cookie: str | None) -> Session | None:
        """Return the session that a cookie names and mark it as seen, or `None`."""
        name = self._said("session", cookie)
        session = self._sessions.get(name)
        if session is None:
            return None
        if not self._lasts(session):
            del self._sessions[name]
            return None
        session.seen = self._clock()
        return session

    def is_open(self, session: Session) -> bool:
        """Whether a session still lasts; asking does not make it last longer."""
        return session in self._sessions.values() and self._lasts(session)

    def close(self, cookie: str | None) -> None:
        """End the session that a cookie names."""
        self._sessions.pop(self._said("session", cookie), None)

    def invite(self, cookie: str | None) -> Invitation:
        """Return what the login form needs; an invitation that is held already stays good."""
        held = self._said("invited", cookie)
        if held and cookie:
            return Invitation(cookie, held)
        token = secrets.token_urlsafe(24)
        return Invitation(self._signed("invited", token), token)

    def is_invited(self, cookie: str | None, token: str) -> bool:
        """Whether a login form is one that we gave to this browser."""
        held = self._said("invited", cookie)
        return bool(held) and same(held, token)

    def _lasts(self, session: Session) -> bool:
        now = self._clock()
        return now - session.seen <= IDLE_MS and now - session.began <= LONGEST_MS

    def _signed(self, what: str, value: str) -> str:
        return str(self._signer.dumps({what: value, "until": self._clock() + LONGEST_MS}))

    def _said(self, what: str, cookie: str | None) -> str:
        """Return what a cookie says; nothing where it is none of ours or too old."""
        try:
            said = self._signer.loads(cookie or "")
        except BadSignature:
            return ""
        return str(said.get(what, "")) if said["until"] > self._clock() else ""


def same(known: str, given: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(known.encode(), given.encode())
