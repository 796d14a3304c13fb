"""Simulated visitors as live traffic: when each of their events is due, and who sends it."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random

from vitrine.domain.site import Site
from vitrine.operations.traffic import Sendable
from vitrine.usecases.simulate import SimulatedVisitor, simulate
from vitrine.usecases.simulate_log import HUMANS

GATHER_S = 1.0
"""A visitor's events within this time travel together, as a page's script would send them."""
PREFIX = "simulated-"


def schedule(
    site: Site, seed: int, run: str, *, rate: float, speed: float, visitors: int | None
) -> Iterator[Sendable]:
    """Yield what simulated visitors send, in order of time; endless without `visitors`.

    `rate` is the mean number of visits that begin in a second, `speed` how many times faster
    than life a visit goes. `run` keeps the ids of one run apart from those of others. Events
    bear no time of their own: the service takes them as they come.
    """
    random = Random(seed)
    pending: list[tuple[float, int, Sendable]] = []
    clock, order = 0.0, 0
    for number, visitor in enumerate(simulate(site, seed, visitors)):
        clock += random.expovariate(rate)
        while pending and pending[0][0] <= clock:
            yield heappop(pending)[2]
        user_id = f"{PREFIX}{run}-{number}"
        agent = random.choice(HUMANS)
        for sendable in _batches(visitor, user_id, agent, clock, speed):
            order += 1
            heappush(pending, (sendable.at_s, order, sendable))
    while pending:
        yield heappop(pending)[2]


def _batches(
    visitor: SimulatedVisitor, user_id: str, agent: str, began_s: float, speed: float
) -> Iterator[Sendable]:
    gathered: dict[int, list[dict[str, object]]] = {}
    for number, event in enumerate(visitor.events):
        body = {**event.body, "user_pseudo_id": user_id, "event_id": f"{user_id}-{number}"}
        gathered.setdefault(int(event.after_ms / 1000 / speed / GATHER_S), []).append(body)
    for tick, events in gathered.items():
        due = began_s + (tick + 1) * GATHER_S
        yield Sendable(due, user_id, events, {"User-Agent": agent})
