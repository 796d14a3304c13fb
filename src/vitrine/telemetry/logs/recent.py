"""The lines that were written last, kept for who looks at them in the console."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from vitrine.usecases.log_search import KeptLine

MOST_LINES = 20_000
MOST_BYTES = 16 * 1024 * 1024

ERASED = b"[erased]"

Chunk = list[tuple[str, bytes]]


class RecentLines:
    """At most so many lines and bytes; the oldest go first, a chunk at a time.

    A chunk is what the log's thread writes at once, so that keeping lines costs one step for
    many of them. `numbers` grow by one with each line for as long as the process lives.
    """

    def __init__(self, lines: int = MOST_LINES, size: int = MOST_BYTES) -> None:
        self._most_lines = lines
        self._most_bytes = size
        self._chunks: deque[tuple[Chunk, int]] = deque()
        self._lines = self._size = self._forgotten = 0
        self._lock = threading.Lock()
        self.closed = False

    def keep(self, chunk: Chunk, size: int) -> None:
        """Keep lines that have just been written, `size` bytes of them."""
        with self._lock:
            self._chunks.append((chunk, size))
            self._lines += len(chunk)
            self._size += size
            while self._lines > self._most_lines or self._size > self._most_bytes:
                oldest, freed = self._chunks.popleft()
                self._lines -= len(oldest)
                self._size -= freed
                self._forgotten += len(oldest)

    def forget(self, words: str) -> None:
        """Take words out of every line that is kept."""
        sought = words.encode()
        with self._lock:
            for chunk, _ in self._chunks:
                for place, (level, body) in enumerate(chunk):
                    if sought in body:
                        chunk[place] = (level, body.replace(sought, ERASED))

    def after(self, number: int = 0) -> Sequence[KeptLine]:
        """Return the kept lines behind a number, the oldest first."""
        with self._lock:
            chunks, forgotten = [chunk for chunk, _ in self._chunks], self._forgotten
        first = max(number - forgotten, 0)
        lines = [line for chunk in chunks for line in chunk]
        return [
            KeptLine(forgotten + place, level, body)
            for place, (level, body) in enumerate(lines[first:], start=first + 1)
        ]

    @property
    def last(self) -> int:
        """Return the number of the newest line."""
        return self._forgotten + self._lines

    def close(self) -> None:
        """Let who follows the lines know that no more will come."""
        self.closed = True
