"""Takes a visitor out of the log that the service has written.

A pseudonym is overwritten where it stands: the file keeps its length, so that whoever is
writing into it goes on at the right place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from vitrine.adapters.file_search import places

ERASED = b"-"


class LogTraces:
    """Erases in what the service keeps of its log: its files, and the lines at hand.

    `names` gives what stands in lines for a visitor.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[Path]],
        at_hand: Callable[[str], None],
        names: Callable[[str], Awaitable[Sequence[str]]],
    ) -> None:
        self._files = files
        self._at_hand = at_hand
        self._names = names

    async def erase(self, visitor: str) -> None:
        """Return when no line that was written before names the visitor.

        Raises `StoreUnavailableError` where it cannot be told what lines call them.
        """
        names = [visitor, *await self._names(visitor)]
        await asyncio.to_thread(self._erase, names)
        for name in names:
            self._at_hand(name)

    def _erase(self, names: Iterable[str]) -> None:
        for file in self._files():
            for name in names:
                blank(file, name.encode())


def blank(file: Path, words: bytes) -> None:
    """Overwrite words wherever they stand in a file, also if it is renamed meanwhile."""
    try:
        stream = file.open("r+b")
    except FileNotFoundError:
        return
    with stream:
        for place in list(places(stream, words)):
            stream.seek(place)
            stream.write(ERASED * len(words))
