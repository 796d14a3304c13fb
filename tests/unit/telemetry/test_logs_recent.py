"""The lines that are kept: bounded, numbered, and what was written."""

from __future__ import annotations

import io
import json
import threading

from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.logs.recent import RecentLines
from vitrine.usecases.log_search import Wanted, search


def kept(*sizes: int, lines: int = 100, size: int = 1_000) -> RecentLines:
    recent = RecentLines(lines, size)
    for number, length in enumerate(sizes):
        recent.keep([("INFO", b"%d" % number + b"x" * (length - 1))], length)
    return recent


def test_lines_have_numbers_that_grow_and_the_oldest_go_first() -> None:
    recent = kept(*[10] * 5, lines=3)
    assert [line.number for line in recent.after()] == [3, 4, 5]
    assert [line.body[:1] for line in recent.after()] == [b"2", b"3", b"4"]
    assert recent.last == 5


def test_they_are_bounded_in_bytes_as_well() -> None:
    recent = kept(400, 400, 400, size=1_000)
    assert [line.number for line in recent.after()] == [2, 3]


def test_who_has_seen_some_gets_the_rest() -> None:
    recent = kept(*[10] * 5, lines=3)
    assert [line.number for line in recent.after(4)] == [5]
    assert [line.number for line in recent.after(1)] == [3, 4, 5]
    assert list(recent.after(5)) == []
    assert list(recent.after(99)) == []


def test_a_chunk_that_is_larger_than_everything_leaves_nothing() -> None:
    recent = kept(10, 5_000)
    assert list(recent.after()) == []
    assert recent.last == 2


def test_what_the_log_writes_is_kept_as_it_was_written_without_secrets() -> None:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    log.hide("a-secret-of-some-length")
    for number in range(20):
        log.put("INFO", 1_700_000_000.0, _members(f"line {number} a-secret-of-some-length"))
    log.close()
    written = stream.getvalue().splitlines(keepends=True)
    assert [line.body for line in log.recent.after()] == written
    found = search(log.recent.after(), Wanted(text="line 7 "), 5)
    assert [line.message for line in found] == ["line 7 [secret]"]


def test_lines_that_could_not_be_written_are_not_kept() -> None:
    class Broken(io.RawIOBase):
        def write(self, _data: object) -> int:
            raise OSError

        def flush(self) -> None: ...

    log = JsonLog(Broken(), "INFO")
    log.put("INFO", 1_700_000_000.0, _members("lost"))
    log.close()
    assert list(log.recent.after()) == []


def test_reading_while_lines_come_never_fails() -> None:
    recent = RecentLines(50, 10_000)
    chunk = [("INFO", json.dumps({"n": 1}).encode())]
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            recent.keep(chunk, 8)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(2_000):
            numbers = [line.number for line in recent.after()]
            assert numbers == sorted(numbers)
            assert len(numbers) <= 50
    finally:
        ended.set()
        thread.join()


def _members(message: str) -> dict[str, object]:
    return {
        "level": "INFO",
        "logger": "test",
        "message": message,
        "module": "m",
        "function": "f",
        "line": 1,
    }
