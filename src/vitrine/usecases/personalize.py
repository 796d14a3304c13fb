"""Answers who is asking with the page that suits them, in time, whatever fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from vitrine.domain.event import Rejection, RejectionReason
from vitrine.domain.pseudonym import truncated
from vitrine.domain.rule import Rule
from vitrine.domain.visit import Visit
from vitrine.signals import (
    DefaultReason,
    Emit,
    PersonalizationServed,
    StoreFailed,
    Variant,
)
from vitrine.usecases.allowance import Allowance
from vitrine.usecases.expose import Exposures
from vitrine.usecases.identify import Identify, Sender
from vitrine.usecases.ports import (
    Cache,
    NotAtHand,
    StoreUnavailableError,
    Switch,
    VisitStore,
)

Found = TypeVar("Found")

CACHE_TTL_S = 300
"""How long a page may keep an answer; a decision rarely changes sooner."""
DECISION_TTL_S = 24 * 3600.0
"""How long a decision stays in the cache; new rules have new keys, so it never grows stale."""


class Rules(Protocol):
    """What each segment is shown now; `version` changes whenever any of it does."""

    @property
    def version(self) -> str: ...

    def rule(self, segment: str | None, language: str) -> Rule: ...


class Decisions:
    """The decision for a segment and language as JSON, cached and shared by its visitors."""

    def __init__(self, cache: Cache, rules: Callable[[], Rules]) -> None:
        self._cache = cache
        self._rules = rules

    async def body(self, segment: str | None, language: str) -> bytes:
        """Return the members of the answer that all visitors of the segment share."""
        rules = self._rules()
        key = _key(rules.version, segment, language)
        found = await self._cache.get(key)
        if found is None:
            found = _members(rules.rule(segment, language))
            await self._cache.set(key, found, DECISION_TTL_S)
        return found


class Answer(NamedTuple):
    """A personalization: `members` is shared JSON, the rest is the visitor's own.

    `reason` says why it is the default page, `visit` what was known.
    """

    segment: str | None
    confidence: float
    variant: Variant
    members: bytes
    reason: DefaultReason | None = None
    visit: Visit | None = None

    def json(self) -> bytes:
        """Return the answer as the API sends it."""
        segment = b"null" if self.segment is None else b'"%s"' % self.segment.encode()
        return b'{"segment":%s,"confidence":%.3f,%s,"variant":"%s","cache_ttl":%d}' % (
            segment,
            self.confidence,
            self.members,
            self.variant.value.encode(),
            CACHE_TTL_S,
        )


class Personalize:
    """Callable with who asks and in which language; always answers, within the deadline.

    A visitor who is not known, not understood, held out, taken for a bot, whose visit cannot
    be read in time or whose network asks too often gets the default page.
    """

    def __init__(
        self,
        *,
        store: VisitStore,
        identify: Identify,
        decisions: Decisions,
        exposures: Exposures,
        switch: Switch,
        asks: Allowance,
        deadline_s: float,
        clock: Callable[[], int],
        emit: Emit,
    ) -> None:
        self._store = store
        self._identify = identify
        self._decisions = decisions
        self._exposures = exposures
        self._switch = switch
        self._asks = asks
        self._deadline_s = deadline_s
        self._clock = clock
        self._emit = emit

    async def __call__(self, claimed: str | None, sender: Sender, language: str) -> Answer:
        if not self._switch.on:
            return await self._default(DefaultReason.OFF, language)
        if not sender.local and not self._asks.take(truncated(sender.address), self._clock()):
            return await self._default(DefaultReason.OVER_LIMIT, language)
        until = asyncio.get_running_loop().time() + self._deadline_s
        naming = self._identify.visitor(claimed, sender, self._clock())
        visitor: str | Rejection | DefaultReason
        if claimed is None:  # the store keeps the salt of the day
            visitor = await self._in_time("identify", naming, until)
        else:
            visitor = await naming
        if isinstance(visitor, DefaultReason):
            return await self._default(visitor, language)
        if isinstance(visitor, Rejection):
            unwanted = visitor.reason is RejectionReason.OPTED_OUT
            reason = DefaultReason.OPTED_OUT if unwanted else DefaultReason.UNKNOWN_VISITOR
            return await self._default(reason, language)
        visit = self._store.recall(visitor)
        if isinstance(visit, NotAtHand):
            found = await self._in_time("latest", self._store.latest(visitor), until)
            if isinstance(found, DefaultReason):
                return await self._default(found, language)
            visit = found
        return await self.of(visit, language)

    async def of(self, visit: Visit | None, language: str) -> Answer:
        """Return the answer for a visit that is at hand."""
        if visit is None:
            return await self._default(DefaultReason.UNKNOWN_VISITOR, language)
        if not self._switch.on:
            return await self._default(DefaultReason.OFF, language)
        first = visit.ordinal == 1
        if visit.bot:
            return await self._default(DefaultReason.BOT, language)
        if visit.segment is None:
            reason = DefaultReason.UNDECIDED
            default = await self._default(reason, language, visit.confidence, first=first)
            return default._replace(visit=visit)
        if visit.held_out:
            variant, shown = Variant.HOLDOUT, None
        else:
            variant, shown = Variant.PERSONALIZED, visit.segment
        if visit.exposed_at is None:
            self._exposures.note(visit.visitor)
        members = await self._decisions.body(shown, language)
        self._emit(PersonalizationServed(visit.segment, variant, first, None))
        return Answer(visit.segment, visit.confidence, variant, members, visit=visit)

    async def _in_time(
        self, operation: str, asked: Awaitable[Found], until: float
    ) -> Found | DefaultReason:
        # Cancelled, but not waited for: a server that says nothing holds that up as well.
        asking = asyncio.ensure_future(asked)
        asking.add_done_callback(_heard)
        left_s = until - asyncio.get_running_loop().time()
        try:
            await asyncio.wait({asking}, timeout=max(0.0, left_s))
            if not asking.done():
                self._emit(StoreFailed(operation, "deadline"))
                return DefaultReason.DEADLINE
            return asking.result()
        except StoreUnavailableError as problem:
            self._emit(StoreFailed(operation, str(problem)))
            return DefaultReason.STORE_FAILED
        finally:
            asking.cancel()

    async def _default(
        self,
        reason: DefaultReason,
        language: str,
        confidence: float = 0.0,
        *,
        first: bool = True,
    ) -> Answer:
        members = await self._decisions.body(None, language)
        self._emit(PersonalizationServed(None, Variant.DEFAULT, first, reason))
        return Answer(None, confidence, Variant.DEFAULT, members, reason)


def _heard(asking: asyncio.Future[Any]) -> None:
    """Take note of how it ended, also where nobody waits for it any more."""
    if not asking.cancelled():
        asking.exception()


@lru_cache(1_024)
def _key(version: str, segment: str | None, language: str) -> str:
    return f"decision:{version}:{segment or '-'}:{language}"


def _members(rule: Rule) -> bytes:
    shown = {
        "priority_sections": rule.priority_sections,
        "featured_projects": rule.featured_projects,
        "highlight_skills": rule.highlight_skills,
        "reasoning": rule.reasoning,
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()[1:-1]
