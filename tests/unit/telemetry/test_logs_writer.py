from __future__ import annotations

import io
import os
import threading
from typing import Any

from vitrine.telemetry.logs import writer
from vitrine.telemetry.logs.writer import Writer


class BlockedStream(io.BytesIO):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.free = threading.Event()

    def write(self, data: Any) -> int:
        self.asked.set()
        assert self.free.wait(60)
        return super().write(data)


def blocked(lines: int, size: int = 1_000_000) -> tuple[BlockedStream, Writer]:
    """Return a writer that holds one line in its hand and cannot put it down."""
    stream = BlockedStream()
    made = Writer(stream, lines, size)
    made.put("ERROR", b"first\n")
    assert stream.asked.wait(60)
    return stream, made


def test_lines_are_written_in_order_and_counted_by_level() -> None:
    stream = io.BytesIO()
    made = Writer(stream)
    for n in range(2_000):
        made.put("WARNING" if n % 2 else "INFO", b"%d\n" % n)
    made.close()
    assert stream.getvalue() == b"".join(b"%d\n" % n for n in range(2_000))
    assert made.written == {"DEBUG": 0, "INFO": 1_000, "WARNING": 1_000, "ERROR": 0}
    assert not made.dropped.total()
    assert len(made) == 0


def test_a_queue_that_gets_full_drops_the_least_weighty_first_and_counts_them() -> None:
    stream, made = blocked(lines=10)
    for level, lines in (("DEBUG", 7), ("INFO", 3), ("WARNING", 3), ("ERROR", 3)):
        for _ in range(lines):
            made.put(level, level.encode() + b"\n")
    assert made.dropped == {"DEBUG": 1, "INFO": 1, "WARNING": 2, "ERROR": 2}
    stream.free.set()
    made.close()
    assert stream.getvalue().split() == [
        *([b"first"] + [b"DEBUG"] * 6 + [b"INFO"] * 2),
        *(b"WARNING", b"ERROR"),
    ]


def test_long_lines_fill_the_queue_by_their_bytes() -> None:
    stream, made = blocked(lines=10, size=1_000)
    made.put("ERROR", b"x" * 900)
    made.put("ERROR", b"x" * 200)
    made.put("ERROR", b"x" * 50)
    assert made.dropped["ERROR"] == 1
    stream.free.set()
    made.close()
    assert made.written["ERROR"] == 3


def test_a_line_longer_than_the_queue_is_dropped() -> None:
    made = Writer(io.BytesIO(), size=100)
    made.put("ERROR", b"x" * 101)
    made.close()
    assert made.dropped["ERROR"] == 1


def test_a_stream_that_breaks_is_counted_and_the_log_goes_on() -> None:
    class Broken(io.BytesIO):
        errors: list[Exception]

        def write(self, data: Any) -> int:
            if self.errors:
                raise self.errors.pop()
            return super().write(data)

    stream = Broken()
    stream.errors = [BrokenPipeError(), ValueError("closed")]
    made = Writer(stream)
    for dropped in (1, 2):
        made.put("INFO", b"lost\n")
        while made.dropped["INFO"] < dropped:
            threading.Event().wait(0.001)
    made.put("INFO", b"kept\n")
    made.close()
    assert made.dropped["INFO"] == 2
    assert stream.getvalue() == b"kept\n"


def test_a_stream_that_takes_a_little_at_a_time_gets_all() -> None:
    class Narrow(io.BytesIO):
        turn = 0

        def write(self, data: Any) -> int | None:  # type: ignore[override]  # as raw streams do
            self.turn += 1
            return super().write(data[:2]) if self.turn % 2 else None

    stream = Narrow()
    made = Writer(stream)
    made.put("INFO", b"seven\n")
    made.close()
    assert stream.getvalue() == b"seven\n"


def test_closing_gives_up_on_a_pipe_that_nobody_reads(monkeypatch: Any) -> None:
    monkeypatch.setattr(writer, "CLOSE_S", 0.05)
    reader, end = os.pipe()
    with os.fdopen(end, "wb") as stream:
        made = Writer(stream)
        for _ in range(3_000):
            made.put("ERROR", b"x" * 99 + b"\n")
        made.close()
        made.put("ERROR", b"too late\n")
        assert made.dropped["ERROR"] > 500
        assert len(made) == 0
        os.close(reader)  # frees the thread that waits
        made._thread.join(60)
        assert not made._thread.is_alive()
    assert made.dropped.total() + made.written.total() == 3_001


def test_closing_twice_is_closing() -> None:
    stream = io.BytesIO()
    made = Writer(stream)
    made.put("INFO", b"once\n")
    made.close()
    made.close()
    assert stream.getvalue() == b"once\n"
