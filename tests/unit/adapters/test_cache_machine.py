"""Whatever is set and asked in whatever order, the cache in the process holds what a model says."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.soaking import SOAKING
from vitrine.adapters.cache import MemoryCache
from vitrine.signals import CacheEvicted, Signal

ENTRIES, LIMIT = 3, 20
KEYS = st.sampled_from("abcde")


class Held(NamedTuple):
    value: bytes
    until: float


class CacheMachine(RuleBasedStateMachine):
    """The model is an ordered dictionary, what was used last at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.reasons: list[str] = []
        self.left: list[str] = []
        self.model: OrderedDict[str, Held] = OrderedDict()
        self.cache = MemoryCache(
            entries=ENTRIES, limit=LIMIT, emit=self.heard, timer=lambda: self.now
        )

    def heard(self, signal: Signal) -> None:
        assert isinstance(signal, CacheEvicted)
        if signal.reason != "expired":  # announced when it is noticed, not when it happens
            self.reasons.append(signal.reason)

    @rule(key=KEYS, value=st.binary(max_size=LIMIT + 2), ttl=st.sampled_from([0.5, 3.0, 10.0]))
    def set(self, key: str, value: bytes, ttl: float) -> None:
        asyncio.run(self.cache.set(key, value, ttl))
        self.model.pop(key, None)
        if len(value) > LIMIT:
            self.left.append("too_large")
            return
        while sum(len(held.value) for held in self.model.values()) + len(value) > LIMIT:
            self.model.popitem(last=False)
            self.left.append("bytes")
        self.model[key] = Held(value, self.now + ttl)
        if len(self.model) > ENTRIES:
            self.model.popitem(last=False)
            self.left.append("entries")

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        held = self.model.get(key)
        assert asyncio.run(self.cache.get(key)) == (held and held.value)
        if held:
            self.model.move_to_end(key)

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        gone = [key for key, held in self.model.items() if held.until <= self.now]
        for key in gone:
            del self.model[key]

    @invariant()
    def every_entry_is_accounted_for(self) -> None:
        assert len(self.cache) == len(self.model)
        assert self.reasons == self.left


TestCache = CacheMachine.TestCase
TestCache.settings = settings(max_examples=2_000 if SOAKING else 50, stateful_step_count=40)
