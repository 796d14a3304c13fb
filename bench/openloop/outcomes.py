"""What became of each request, in arrays of a size that is known before the first is sent."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TIMEOUT, CONNECTION, NO_RETRY_AFTER = -1, -2, -3
NAMES = {
    TIMEOUT: "timeout",
    CONNECTION: "connection",
    NO_RETRY_AFTER: "status 503 without Retry-After",
}
"""What stands in place of a status."""
MOST_LAG_S = 0.02
"""A tenth of the objective: with a longer delay of its own, a generator judges itself."""


class Request(NamedTuple):
    """One request, ready to be sent; `expects` is the status that is documented for it."""

    kind: str
    expects: int
    data: bytes


class Latency(NamedTuple):
    """How many requests, and the seconds within which half, 95 %, 99 % and all were answered."""

    requests: int
    p50: float
    p95: float
    p99: float
    most: float


def latency_of(seconds: NDArray[np.float32]) -> Latency:
    """Return percentiles by nearest rank: each is a latency that was really measured."""
    if not len(seconds):
        return Latency(0, 0.0, 0.0, 0.0, 0.0)
    found = np.quantile(seconds, (0.5, 0.95, 0.99, 1.0), method="inverted_cdf")
    return Latency(len(seconds), *map(float, found))


class Outcomes:
    """Bounded memory: 13 bytes a request. A failed one counts with the time until it failed."""

    def __init__(self, number: int) -> None:
        self.kinds: list[str] = []
        self.receipts: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        self._kind = array("b", bytes(number))
        self._expects = array("h", bytes(2 * number))
        self._status = array("h", bytes(2 * number))
        self._seconds = array("f", bytes(4 * number))
        self._lag = array("f", bytes(4 * number))

    def begin(self, index: int, request: Request, lag: float) -> None:
        """Note a request that is due; `lag` is the generator's own delay in seconds."""
        number = self._numbers.get(request.kind)
        if number is None:
            number = self._numbers[request.kind] = len(self.kinds)
            self.kinds.append(request.kind)
        self._kind[index] = number
        self._expects[index] = request.expects
        self._lag[index] = lag

    def end(self, index: int, status: int, seconds: float) -> None:
        """Note what became of it, `seconds` after it was due."""
        self._status[index] = status
        self._seconds[index] = seconds

    def kind(self, index: int) -> str:
        return self.kinds[self._kind[index]]

    def status(self, index: int) -> int:
        return self._status[index]

    def seconds(self) -> NDArray[np.float32]:
        """Return how long each took from when it was due."""
        return np.frombuffer(self._seconds, np.float32)

    def latency(self, kind: str | None = None) -> Latency:
        """Return the percentiles of a kind of request, or of all."""
        seconds = self.seconds()
        if kind is None:
            return latency_of(seconds)
        number = self._numbers.get(kind, -1)
        return latency_of(seconds[np.frombuffer(self._kind, np.int8) == number])

    def lag(self) -> Latency:
        return latency_of(np.frombuffer(self._lag, np.float32))

    def errors(self) -> dict[str, int]:
        """Return how many requests failed, by kind of request and of failure."""
        found: Counter[str] = Counter()
        for number, expects, status in zip(self._kind, self._expects, self._status, strict=True):
            if status != expects:
                found[f"{self.kinds[number]}: {NAMES.get(status, f'status {status}')}"] += 1
        return dict(found)
