"""Where words stand in files, however large these are and whoever is writing into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 1 << 20


class Readable(Protocol):
    """What gives bytes until there are none."""

    def read(self, size: int, /) -> bytes | None: ...


def holds(file: Path, words: bytes) -> bool:
    """Whether words stand anywhere in a file; not in one that is gone."""
    try:
        with file.open("rb") as stream:
            return next(places(stream, words), None) is not None
    except FileNotFoundError:
        return False


def places(stream: Readable, words: bytes) -> Iterator[int]:
    """Yield each place in a file where words begin; it is read from its beginning."""
    window, start = b"", 0
    while chunk := stream.read(CHUNK_BYTES):
        window += chunk
        place = window.find(words)
        while place >= 0:
            yield start + place
            place = window.find(words, place + len(words))
        seen = max(0, len(window) - len(words) + 1)
        window, start = window[seen:], start + seen
