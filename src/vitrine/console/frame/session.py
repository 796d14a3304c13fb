"""Who is logged in: sessions that all processes share, named by a signed cookie."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from typing import Literal, NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from vitrine.usecases.ports import Notes, StoreUnavailableError
from vitrine.usecases.revise import revise

COOKIE = "vitrine_console"
INVITED = "vitrine_console_invited"
"""A cookie of its own: who comes by a link from elsewhere sends no strict cookie at first, is
shown the login form, and must not lose the session to it."""
IDLE_MS = 2 * 3_600_000
LONGEST_MS = 12 * 3_600_000
MOST = 100
"""Sessions at a time; the oldest one ends for the next."""
SEEN_EVERY_MS = 60_000
"""A request within a minute of the last one that was noted is not noted again."""
WITHIN_S = 2.0
NOTE = "console_sessions"
PURPOSE = b"cookie of the console"
FORM = b"console session"
COOKIES = b"console cookies"
"""No other use of the home's key derives the same."""

Theme = Literal["auto", "light", "dark"]


def cookie_key(key: bytes, password: str) -> bytes:
    """Return what cookies are signed with: neither tells the home's key or the password.

    With another password no cookie of before is good any more, and all sessions end.
    """
    return blake2b(password.encode(), key=key, person=COOKIES, digest_size=32).digest()


class Session(NamedTuple):
    """One login. `csrf` stands in each of its forms; `theme` is what its pages look like."""

    mark: str
    csrf: str
    began: int
    seen: int
    theme: Theme = "auto"


Kept = dict[str, tuple[int, int, Theme]]
"""When each session began and was seen last, and its theme, by its mark."""


class Invitation(NamedTuple):
    """What a login form needs: a cookie, and the token in the form that belongs to it."""

    cookie: str
    csrf: str


class Sessions:
    """All sessions. They end after two hours without a request, after twelve, and by logout.

    They are kept in a note, not in the cookie, so that one that has ended cannot come back;
    whoever reads the note can take part in none. While the store fails, this process goes on
    with what it knows: an operator needs the console most then.
    """

    def __init__(self, key: bytes, clock: Callable[[], int], notes: Notes) -> None:
        self._key = key
        self._clock = clock
        self._notes = notes
        self._known: Kept = {}
        self._signer = URLSafeSerializer(
            key,
            salt=PURPOSE,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    async def open(self) -> str:
        """Begin a session and return the cookie that names it."""
        now = self._clock()
        name = secrets.token_urlsafe(24)
        begun: Kept = {_mark(name): (now, now, "auto")}
        try:
            await self._change(lambda kept: dict([*kept.items(), *begun.items()][-MOST:]))
        except StoreUnavailableError:
            self._known |= begun
        return self._signed("session", name)

    async def find(self, cookie: str | None) -> Session | None:
        """Return the session that a cookie names and mark it as seen, or `None`."""
        name = self._said("session", cookie)
        session = await self._session(name) if name else None
        if session is not None and self._clock() - session.seen > SEEN_EVERY_MS:
            with suppress(StoreUnavailableError):
                await self._set(session._replace(seen=self._clock()))
        return session

    async def is_open(self, session: Session) -> bool:
        """Whether a session still lasts; asking does not make it last longer."""
        return session.mark in await self._lasting()

    async def show_in(self, theme: Theme, session: Session) -> None:
        """Have a session's pages look like this from now on."""
        await self._set(session._replace(theme=theme))

    async def close(self, session: Session) -> None:
        """End a session; raises `StoreUnavailableError` where it would come back."""
        await self._change(
            lambda kept: {mark: one for mark, one in kept.items() if mark != session.mark}
        )

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

    async def _session(self, name: str) -> Session | None:
        mark = _mark(name)
        kept = (await self._lasting()).get(mark)
        csrf = blake2b(name.encode(), key=self._key, person=FORM, digest_size=24).hexdigest()
        return Session(mark, csrf, *kept) if kept else None

    async def _set(self, session: Session) -> None:
        """Keep a session as it is now; who has logged out meanwhile stays out."""

        def change(kept: Kept) -> Kept:
            now: Kept = {session.mark: (session.began, session.seen, session.theme)}
            return kept | now if session.mark in kept else kept

        await self._change(change)

    async def _lasting(self) -> Kept:
        """Return the sessions that have not ended."""
        with suppress(StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                self._known = _read(await self._notes.get(NOTE))
        return self._only_lasting(self._known)

    async def _change(self, change: Callable[[Kept], Kept]) -> None:
        def changed(stored: bytes | None) -> bytes:
            return json.dumps(change(self._only_lasting(_read(stored)))).encode()

        self._known = _read(await revise(self._notes, NOTE, changed))

    def _only_lasting(self, kept: Kept) -> Kept:
        now = self._clock()
        return {
            mark: one
            for mark, one in kept.items()
            if now - one[1] <= IDLE_MS and now - one[0] <= LONGEST_MS
        }

    def _signed(self, what: str, value: str) -> str:
        return str(self._signer.dumps({what: value, "until": self._clock() + LONGEST_MS}))

    def _said(self, what: str, cookie: str | None) -> str:
        """Return what a cookie says; nothing where it is none of ours or too old."""
        try:
            said = self._signer.loads(cookie or "")
        except BadSignature:
            return ""
        return str(said.get(what, "")) if said["until"] > self._clock() else ""


def _mark(name: str) -> str:
    """Return what a session is kept under: its name opens it, and stands in the cookie alone."""
    return blake2b(name.encode(), person=FORM, digest_size=16).hexdigest()


def _read(stored: bytes | None) -> Kept:
    found: Kept = json.loads(stored or b"{}")
    return found


def same(known: str, given: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far they are."""
    return hmac.compare_digest(known.encode(), given.encode())
