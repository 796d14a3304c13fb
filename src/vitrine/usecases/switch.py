"""The off switch: one word gives everybody the default page."""

from __future__ import annotations

import asyncio

from vitrine.signals import Emit, PersonalizationSwitched
from vitrine.usecases.ports import Notes

NOTE = "personalization"
OFF = b"off"
ON = b"on"


class OffSwitch:
    """Satisfies `Switch`; its state outlives the process and is shared by all processes."""

    def __init__(self, notes: Notes, emit: Emit) -> None:
        self._notes = notes
        self._emit = emit
        self._on = True
        # What was read before it was turned must not be taken over after that.
        self._turn = asyncio.Lock()

    @property
    def on(self) -> bool:
        return self._on

    async def turn(self, *, on: bool) -> None:
        """Turn personalization on or off for everybody, from the next answer."""
        async with self._turn:
            await self._notes.put(NOTE, ON if on else OFF)
            self._become(on=on)

    async def refresh(self) -> None:
        """Take over what another process may have decided."""
        async with self._turn:
            self._become(on=await self._notes.get(NOTE) != OFF)

    def _become(self, *, on: bool) -> None:
        if on != self._on:
            self._on = on
            self._emit(PersonalizationSwitched(on))
