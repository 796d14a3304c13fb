"""A stream that several processes write to: each chunk of lines stays whole."""

from __future__ import annotations

import fcntl
import time
from io import RawIOBase
from typing import BinaryIO

AGAIN_AFTER_S = 0.01


class SharedStream(RawIOBase):
    """Writes to `stream` while it holds the lock of the file behind `turn`.

    The system takes the lock from a process that dies; one that was killed while the stream
    was full may leave half a line behind.
    """

    def __init__(self, stream: BinaryIO, turn: int) -> None:
        stream.flush()
        self._stream: BinaryIO | RawIOBase = getattr(stream, "raw", stream)
        self._turn = turn

    def write(self, data: object) -> int:
        """Write all of it."""
        rest = whole = memoryview(data)  # type: ignore[arg-type]  # whatever has a buffer
        fcntl.lockf(self._turn, fcntl.LOCK_EX)
        try:
            while rest:
                taken = self._stream.write(rest)
                if taken is None:  # a stream that does not block has no room at the moment
                    time.sleep(AGAIN_AFTER_S)
                else:
                    rest = rest[taken:]
        finally:
            fcntl.lockf(self._turn, fcntl.LOCK_UN)
        return len(whole)
