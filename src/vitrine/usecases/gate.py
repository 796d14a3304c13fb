"""What stands before all that a token of the owner's opens: who guesses is held up."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from vitrine.domain.pseudonym import truncated
from vitrine.usecases.allowance import Allowance
from vitrine.usecases.identify import Sender

WHOEVER_BEARS_IT = ""
"""The one key of the token's own bucket."""


class Passage(Enum):
    """What a token is good for."""

    OPEN = "open"
    WRONG = "wrong"


class HeldUp(NamedTuple):
    """Too much was sent: of wrong tokens by the network, or with the right one by its bearers."""

    guessing: bool
    retry_after_s: int


class Gate:
    """Opens for one token, so many times a minute.

    A network that has sent too many wrong ones is held up with the right one as well: else the
    answer would tell which it is. Direct peers on the machine itself are never held up.
    """

    def __init__(
        self, token: str, *, requests: Allowance, wrong: Allowance, clock: Callable[[], int]
    ) -> None:
        self._token = token.encode()
        self._requests = requests
        self._wrong = wrong
        self._clock = clock

    def passes(self, given: str, sender: Sender) -> Passage | HeldUp:
        """Return what becomes of somebody who bears a token, which costs the limits one."""
        right = hmac.compare_digest(given.encode(), self._token)
        found = Passage.OPEN if right else Passage.WRONG
        if sender.local:
            return found
        network, now = truncated(sender.address), self._clock()
        may_try = self._wrong.has_left if right else self._wrong.take
        if not may_try(network, now):
            return HeldUp(guessing=True, retry_after_s=self._wrong.refill_s)
        if right and not self._requests.take(WHOEVER_BEARS_IT, now):
            return HeldUp(guessing=False, retry_after_s=self._requests.refill_s)
        return found
