"""Who was erased, in a database that several homes share: theirs may go, as a pod's does."""

from __future__ import annotations

from collections.abc import Iterable

from vitrine.adapters.forgotten_file import Forgetting, entry_of
from vitrine.usecases.ports import Notes

PREFIX = "forgotten:"


class ForgottenNotes:
    """The list of a database: a note for each mark, with the last time."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def add(self, entry: Forgetting) -> None:
        """Note an entry; raises `StoreUnavailableError`."""
        await self._notes.put(f"{PREFIX}{entry.mark}", str(entry.at_ms).encode())


def entries_of(notes: Iterable[tuple[str, bytes]]) -> set[Forgetting]:
    """Return what notes say by their names; what is none of ours is passed over."""
    found = (
        entry_of(f"{value.decode('ascii', 'replace')} {name.removeprefix(PREFIX)}")
        for name, value in notes
    )
    return {entry for entry in found if entry is not None}
