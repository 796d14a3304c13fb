"""What a visitor can prove: whose an id is, by its signature, and for ten minutes who is asking."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from hmac import compare_digest, digest
from typing import NamedTuple

from itsdangerous import BadData, Signer, URLSafeSerializer

from vitrine.domain.event import LONGEST_ID

ID_PREFIX = "v1-"
"""Begins the ids that we sign, so that the many others are told apart without a hash."""
ID_BYTES = 16
ACCOUNT_PREFIX = "a1-"
"""Begins the ids that a site's own server signs, each for an account of the site."""
LONGEST_ACCOUNT = LONGEST_ID - len(ACCOUNT_PREFIX) - len(".") - 2 * sha256().digest_size
"""Characters that an account's name may have beside prefix and signature."""
TOKEN_LASTS_MS = 10 * 60_000
LONGEST_TOKEN = 512


class Asker(NamedTuple):
    """Who a token speaks for.

    `until_ms` is when the pseudonym ends: that of a visitor of the day, with the day.
    """

    visitor: str
    until_ms: int | None = None


class Proofs:
    """Signs ids and tokens with the key of one home, each under a salt of its own.

    `account_keys` are those with which the site's own server signs the ids of its accounts: as
    many as are in use while one takes the place of another.
    """

    def __init__(
        self, key: bytes, clock: Callable[[], int], account_keys: Sequence[bytes] = ()
    ) -> None:
        how = {"key_derivation": "hmac", "digest_method": sha256}
        self._ids = Signer(key, salt=b"vitrine.visitor-id", **how)  # type: ignore[arg-type]
        self._tokens = URLSafeSerializer(key, salt=b"vitrine.visitor-token", signer_kwargs=how)
        self._clock = clock
        self._account_keys = account_keys

    def new_id(self) -> str:
        """Return an id that nobody else has, signed."""
        return self._ids.sign(ID_PREFIX + secrets.token_urlsafe(ID_BYTES)).decode()

    def proven(self, user_id: str) -> str | None:
        """Return what an id's signature proves; `None` where it proves nothing.

        Of one that we gave out that is the id, of an account's what stands before the signature,
        so that the account is the same under another key.
        """
        if user_id.startswith(ID_PREFIX):
            return user_id if self._ids.validate(user_id) else None
        if not user_id.startswith(ACCOUNT_PREFIX):
            return None
        name, _, signature = user_id.rpartition(".")
        account, given = name.removeprefix(ACCOUNT_PREFIX), _bytes(signature)
        right = (_bytes(account_signature(account, key)) for key in self._account_keys)
        return name if any(compare_digest(given, one) for one in right) else None

    def of_account(self, account: str) -> str | None:
        """Return what the id of an account proves; `None` where the site signs none."""
        return ACCOUNT_PREFIX + account if self._account_keys else None

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


def account_id(account: str, key: bytes) -> str:
    """Return the id of an account, signed as the site's own server does.

    Raises `ValueError` for a name that no id can hold.
    """
    if not 0 < len(account) <= LONGEST_ACCOUNT or not account.isprintable():
        raise ValueError(f"must be a printable text of 1 to {LONGEST_ACCOUNT} characters")
    return f"{ACCOUNT_PREFIX}{account}.{account_signature(account, key)}"


def account_signature(account: str, key: bytes) -> str:
    """Return HMAC-SHA-256 (RFC 2104) of an account's name in UTF-8, in hexadecimal."""
    return digest(key, _bytes(account), sha256).hex()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
