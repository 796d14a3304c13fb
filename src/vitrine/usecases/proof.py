"""What a visitor can prove: that an id is one of ours, and for ten minutes who is asking."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from itsdangerous import BadData, Signer, URLSafeSerializer

ID_PREFIX = "v1-"
"""Begins the ids that we sign, so that the many others are told apart without a hash."""
ID_BYTES = 16
TOKEN_LASTS_MS = 10 * 60_000
LONGEST_TOKEN = 512


class Asker(NamedTuple):
    """Who a token speaks for.

    `until_ms` is when the pseudonym ends: that of a visitor of the day, with the day.
    """

    visitor: str
    until_ms: int | None = None


class Proofs:
    """Signs ids and tokens with the key of one home, each under a salt of its own."""

    def __init__(self, key: bytes, clock: Callable[[], int]) -> None:
        how = {"key_derivation": "hmac", "digest_method": sha256}
        self._ids = Signer(key, salt=b"vitrine.visitor-id", **how)  # type: ignore[arg-type]
        self._tokens = URLSafeSerializer(key, salt=b"vitrine.visitor-token", signer_kwargs=how)
        self._clock = clock

    def new_id(self) -> str:
        """Return an id that nobody else has, signed."""
        return self._ids.sign(ID_PREFIX + secrets.token_urlsafe(ID_BYTES)).decode()

    def is_ours(self, user_id: str) -> bool:
        """Whether an id bears our signature."""
        return user_id.startswith(ID_PREFIX) and self._ids.validate(user_id)

    def token(self, asker: Asker) -> str:
        """Return what lets its bearer see, erase and switch off that visitor for ten minutes."""
        ends = self._clock() + TOKEN_LASTS_MS
        return str(self._tokens.dumps([asker.visitor, asker.until_ms, ends]))

    def asker(self, token: str) -> Asker | None:
        """Return who a token speaks for; `None` for one that is not ours or has expired."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            visitor, until_ms, ends = self._tokens.loads(token)
        except BadData:
            return None
        return Asker(visitor, until_ms) if self._clock() < ends else None
