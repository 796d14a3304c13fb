"""How a note changes that several processes change at once: none of their changes is lost."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.usecases.ports import Notes


async def revise(notes: Notes, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
    """Return what is kept once `change` was made to the note as it stood.

    `change` is called again where somebody else was faster, and nothing is written where it
    changes nothing. Raises what it raises, and `StoreUnavailableError` as the store does.
    """
    while True:
        before = await notes.get(name)
        after = change(before)
        if after == before or await notes.swap(name, before, after):
            return after
