"""The admin's password, of which only a slow hash is kept."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

LONGEST = 1_000
"""Characters; nobody's password is longer, and a long text takes long to hash."""


class Password:
    """Tells whether somebody knows the password. One at a time: each look takes 64 MiB."""

    def __init__(self, password: str, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._password = password
        self._hash = ""
        self._one = asyncio.Lock()

    async def is_right(self, given: str) -> bool:
        """Whether this is it; takes as long for a wrong one as for the right one."""
        if len(given) > LONGEST:
            return False
        async with self._one:
            return await asyncio.to_thread(self._verify, given)

    def _verify(self, given: str) -> bool:
        if not self._hash:  # at the first login, not at the start, which it would slow down
            self._hash, self._password = self._hasher.hash(self._password), ""
        try:
            return self._hasher.verify(self._hash, given)
        except VerifyMismatchError:
            return False
