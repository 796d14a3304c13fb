"""The owner's own order for a segment, in place of what signs and use would give."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from vitrine.domain.failure import Failure
from vitrine.domain.rule import Pins
from vitrine.domain.site import Site
from vitrine.signals import Emit, RuleOverridden
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

NOTE = "overrides"
MOST_CHANGES = 50
KINDS = ("section", "project", "skill")


class OverrideRefusedError(Failure):
    """An order cannot be pinned; the message says why."""


class StaleOverrideError(Failure):
    """Somebody changed the overrides since the form was opened."""


class Change(NamedTuple):
    """Who was given another order when (ms); `order` is empty where it was given back."""

    at_ms: int
    segment: str
    order: Mapping[str, Sequence[str]]


class Overrides(NamedTuple):
    """What is pinned by segment and kind; `version` counts the changes, the last ones are kept."""

    version: int = 0
    pins: Mapping[str, Pins] = MappingProxyType({})
    changes: Sequence[Change] = ()


def overrides_of(site: Site, stored: bytes | None) -> Overrides:
    """Return what is kept; segments and ids that the site no longer declares are left out."""
    try:
        found = json.loads(stored or b"{}")
        pins = {
            segment: _declared(site, kinds)
            for segment, kinds in found.get("pins", {}).items()
            if segment in site.segment_ids
        }
        changes = [Change(int(at), str(who), dict(order)) for at, who, order in found["changes"]]
        return Overrides(int(found["version"]), pins, changes)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Overrides()  # what cannot be read pins nothing; the next change rewrites it


class Override:
    """Pins and restores; `reload` has this process follow at once, others do by themselves."""

    def __init__(
        self,
        *,
        site: Site,
        notes: Notes,
        clock: Callable[[], int],
        emit: Emit,
        reload: Callable[[], Awaitable[None]],
    ) -> None:
        self._site = site
        self._notes = notes
        self._clock = clock
        self._emit = emit
        self._reload = reload

    async def current(self) -> Overrides:
        """Return what is pinned now."""
        return overrides_of(self._site, await self._notes.get(NOTE))

    async def pin(self, segment: str, order: Mapping[str, Sequence[str]], version: int) -> None:
        """Show a segment's visitors this order; `version` is that of the overrides it replaces.

        Kinds that `order` leaves out stay derived. Raises `OverrideRefusedError` and
        `StaleOverrideError`.
        """
        if segment not in self._site.segment_ids:
            raise OverrideRefusedError(f"the site has no segment {segment!r}")
        for kind, ids in order.items():
            self._check(kind, ids)
        await self._change(segment, {kind: tuple(ids) for kind, ids in order.items()}, version)

    async def restore(self, segment: str, version: int) -> None:
        """Show a segment's visitors what is derived again; raises `StaleOverrideError`."""
        await self._change(segment, {}, version)

    def _check(self, kind: str, ids: Sequence[str]) -> None:
        if kind not in KINDS:
            raise OverrideRefusedError(f"there is no kind {kind!r}; they are {', '.join(KINDS)}")
        known = items_of(self._site, kind)
        strangers = [one for one in ids if one not in known]
        if strangers:
            raise OverrideRefusedError(f"{kind}: the site has no {strangers[0]!r}")
        if len(set(ids)) != len(ids):
            raise OverrideRefusedError(f"{kind}: one stands there twice")
        if not ids:
            raise OverrideRefusedError(f"{kind}: name at least one")

    async def _change(self, segment: str, pins: Pins, version: int) -> None:
        def changed(stored: bytes | None) -> bytes:
            now = overrides_of(self._site, stored)
            if now.version != version:
                raise StaleOverrideError(
                    "the overrides were changed meanwhile; look at them again, then decide"
                )
            kept = {name: kinds for name, kinds in now.pins.items() if name != segment}
            if pins:
                kept[segment] = pins
            changes = [*now.changes, Change(self._clock(), segment, pins)][-MOST_CHANGES:]
            note = {"version": now.version + 1, "pins": kept, "changes": changes}
            return json.dumps(note).encode()

        await revise(self._notes, NOTE, changed)
        self._emit(RuleOverridden(segment, pinned=bool(pins)))
        await self._reload()


def items_of(site: Site, kind: str) -> Mapping[str, Any]:
    """Return the site's items of a kind, by id."""
    return {"section": site.sections, "project": site.projects, "skill": site.skills}[kind]


def _declared(site: Site, kinds: Mapping[str, Sequence[str]]) -> Pins:
    return {
        kind: tuple(one for one in ids if one in items_of(site, kind))
        for kind, ids in kinds.items()
        if kind in KINDS
    }
