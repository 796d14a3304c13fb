"""The bounded queue between whoever says something and the stream that may be slow."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from io import RawIOBase
from typing import BinaryIO

from vitrine.telemetry.logs.line import LEVELS
from vitrine.telemetry.logs.outputs import Line, Output

QUEUE_LINES = 10_000
QUEUE_BYTES = 8 * 1024 * 1024
ROOM = {"DEBUG": 0.6, "INFO": 0.8, "WARNING": 0.9, "ERROR": 1.0}
"""Share of the queue that lines of a level may fill: when it gets full, errors go last."""
GATHER_S = 0.01
"""Lines wait this long for others, so that a busy service writes many at a time."""
CHUNK_LINES = 500
CLOSE_S = 2.0


class Writer:
    """Writes lines in the order in which they came, without making anybody wait.

    `written` and `dropped` count lines by level. A line is dropped when the queue is full
    for its level, when the stream breaks, and when it still waits at the end of `close`;
    what one of the other `outputs` loses is counted as dropped, too. `keep` is given what has
    just been written, and its size.
    """

    def __init__(
        self,
        stream: BinaryIO | RawIOBase,
        lines: int = QUEUE_LINES,
        size: int = QUEUE_BYTES,
        keep: Callable[[list[Line], int], None] = lambda _chunk, _size: None,
        outputs: Sequence[Output] = (),
    ) -> None:
        self.written: Counter[str] = Counter(dict.fromkeys(LEVELS, 0))
        self.dropped: Counter[str] = Counter(dict.fromkeys(LEVELS, 0))
        stream.flush()
        self._kept_open = stream
        # A buffered stream keeps its lock while a pipe is full: the interpreter could not end.
        self._stream: BinaryIO | RawIOBase = getattr(stream, "raw", stream)
        self._room = {level: (lines * share, size * share) for level, share in ROOM.items()}
        self._lines: deque[Line] = deque()
        self._size = 0
        # Reentrant: a finaliser that logs may run while this thread holds it.
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._closing = threading.Event()
        self._given_up = False
        self._keep = keep
        self._outputs = outputs
        for output in outputs:
            output.begin(self._lose)
        self._thread = threading.Thread(target=self._drain, name="vitrine-log", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Lines that wait."""
        return len(self._lines)

    def put(self, level: str, line: bytes) -> None:
        """Queue a line, or count it as dropped."""
        lines, size = self._room[level]
        with self._lock:
            if len(self._lines) >= lines or self._size + len(line) > size or self._given_up:
                self.dropped[level] += 1
                return
            self._lines.append((level, line))
            self._size += len(line)
        if not self._ready.is_set():
            self._ready.set()

    def close(self) -> None:
        """Write what waits and stop; what a stream does not take in 2 s is dropped."""
        self._closing.set()
        self._ready.set()
        self._thread.join(CLOSE_S)
        with self._lock:
            self._given_up = True
            self.dropped.update(level for level, _ in self._lines)
            self._lines.clear()
        for output in self._outputs:
            output.close()

    def _lose(self, levels: Iterable[str]) -> None:
        with self._lock:
            self.dropped.update(levels)

    def _drain(self) -> None:
        while True:
            self._ready.wait()
            self._closing.wait(GATHER_S)
            self._ready.clear()
            while chunk := self._take():
                self._write(chunk)
            if self._closing.is_set():
                return

    def _take(self) -> list[Line]:
        with self._lock:
            return [self._lines.popleft() for _ in range(min(len(self._lines), CHUNK_LINES))]

    def _write(self, chunk: list[Line]) -> None:
        data = b"".join([line for _, line in chunk])
        for output in self._outputs:
            output.take(chunk, data)
        try:
            self._send(data)
            self._keep(chunk, len(data))
            counter = self.written
        except (OSError, ValueError):  # broken, or closed by somebody else
            counter = self.dropped
        with self._lock:
            counter.update([level for level, _ in chunk])
            self._size -= len(data)

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            taken = self._stream.write(rest)
            if taken is None:  # a stream that does not block has no room at the moment
                time.sleep(GATHER_S)
            else:
                rest = rest[taken:]
