"""The last lines of a log, from all the files that it was rotated to, and those still to come."""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from vitrine.operations.logs.parts import BLOCK, LONGEST, Part, Reach, open_part
from vitrine.operations.logs.places import NoLogError, family

LOOK_EVERY_S = 0.2
GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL

Start = tuple[Part, int]


def starts(path: Path, reach: Reach, tell: Callable[[str], None]) -> list[Start]:
    """Return the files of a log that hold the wanted lines, the oldest first, and where.

    Files are looked at backwards, so a large one is only read as far as lines are wanted. Where
    one was renamed meanwhile, all are looked at again. Raises `NoLogError`.
    """
    while True:
        before = _inodes(path)
        found = _starts_in(list(before), reach, tell)
        if _inodes(path) == before:
            return found
        for part, _ in found:
            part.file.close()


def _starts_in(files: list[Path], reach: Reach, tell: Callable[[str], None]) -> list[Start]:
    found: list[Start] = []
    for file in reversed(files):
        try:
            part = open_part(file, tell)
        except NoLogError:
            if file.exists():
                raise
            continue  # renamed at this very moment
        begin = part.beginning(reach)
        found.append((part, begin.position))
        if not begin.more:
            break
        if reach.most is not None:
            reach = reach._replace(most=reach.most - begin.found)
    return found[::-1]


def _inodes(path: Path) -> dict[Path, int]:
    """Return the files of a log with what tells them apart, which a rename leaves as it is."""
    found = {}
    for file in family(path):
        with suppress(FileNotFoundError):
            found[file] = file.stat().st_ino
    return found


def lines_from(found: list[Start]) -> Iterator[bytes]:
    """Yield the lines from there on, one file after the other."""
    for part, position in found:
        with part.file:
            yield from part.lines(position)


class Audience:
    """Who reads what is printed; looked at without printing anything."""

    def __init__(self, number: int) -> None:
        self._poll = select.poll()
        self._poll.register(number, 0)

    def stays(self) -> bool:
        """Wait a moment and tell whether anybody is still there."""
        return not any(event & GONE for _, event in self._poll.poll(LOOK_EVERY_S * 1000))


class Growing:
    """A file that is written to: what is new in it, whole lines at a time."""

    def __init__(self, file: BinaryIO, position: int = 0) -> None:
        self._file = file
        self._position = position
        self._rest = b""

    def lines(self) -> Iterator[bytes]:
        """Yield what has come; a file that was emptied is read from its beginning again."""
        if os.fstat(self._file.fileno()).st_size < self._position:
            yield from self._ended()
            self._position = 0
        while data := os.pread(self._file.fileno(), BLOCK, self._position):
            self._position += len(data)
            *whole, self._rest = (self._rest + data).split(b"\n")
            yield from (line + b"\n" for line in whole)
            if len(self._rest) >= LONGEST:
                yield self._rest
                self._rest = b""

    def end(self) -> Iterator[bytes]:
        """Yield what is left, and let go of the file."""
        with self._file:
            yield from self.lines()
            yield from self._ended()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def is_at(self, path: Path) -> bool:
        """Tell whether this is the file of that name, or none has it at the moment."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return True

    def newer(self, path: Path) -> list[Path]:
        """Return the files of the log that were begun after this one."""
        files: list[Path] = []
        for file in reversed(family(path)):
            if self.is_at(file):
                return files[::-1]
            files.append(file)
        return [path]  # this one was compressed or removed: go on with what has its name

    def _ended(self) -> Iterator[bytes]:
        if self._rest:
            yield self._rest + b"\n"
            self._rest = b""


def _opened(growing: Growing, path: Path) -> list[Growing]:
    """Return the files begun after one that is no longer written to; none if they change names."""
    files = growing.newer(path)
    later: list[Growing] = []
    with suppress(FileNotFoundError):
        for file in files:
            later.append(Growing(file.open("rb")))  # noqa: PERF401 - those before are to be closed
        if growing.newer(path) == files:
            return later
    for one in later:
        one.close()
    return []


def followed(path: Path, growing: Growing, stays: Callable[[], bool]) -> Iterator[bytes]:
    """Yield lines as they come, through rotations, for as long as somebody stays."""
    while True:
        yield from growing.lines()
        here = growing.is_at(path)
        if not stays():
            growing.close()
            return
        if here:
            continue
        if not (later := _opened(growing, path)):
            continue  # one was renamed at this very moment
        yield from growing.end()  # its writer had a moment to let go of it
        for one in later[:-1]:
            yield from one.end()
        growing = later[-1]
