"""One file of a log: found backwards where to begin, read forwards from there.

Lines are bytes as they stand in the file. One that is longer than `LONGEST` comes in pieces,
the last of which ends it, so that memory is bounded whatever is in the file.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from vitrine.operations.logs.places import NoLogError
from vitrine.usecases.log_search import Wanted, is_wanted, read

LONGEST = 1024 * 1024
BLOCK = 64 * 1024
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)
_GZIP = b"\x1f\x8b"


class Beginning(NamedTuple):
    """Where to begin in a part, how many lines pass from there on, and whether that is not all."""

    position: int
    found: int
    more: bool


class Reach(NamedTuple):
    """How far back lines are wanted: the last `most` that pass, none before `stop`.

    `stop` is the beginning of a timestamp, a little before the one from which lines pass.
    """

    wanted: Wanted
    most: int | None
    stop: str = ""

    def passes(self, line: bytes) -> bool | None:
        """Tell whether a line is shown; `None` says that it is older than anything wanted.

        What is no line of ours cannot be judged, so it passes.
        """
        members = read(line)
        if members is None:
            return True
        if members["timestamp"] < self.stop:
            return None
        return is_wanted(members, self.wanted)


class Part(NamedTuple):
    """An open file of a log; `tell` hears of damage, in one line."""

    file: BinaryIO
    path: Path
    zipped: bool
    tell: Callable[[str], None]

    def beginning(self, reach: Reach) -> Beginning:
        """Return where to begin so that no more than the wanted lines come."""
        return _in_zipped(self.file, reach) if self.zipped else _in_plain(self.file, reach)

    def lines(self, position: int) -> Iterator[bytes]:
        """Yield the lines from a position on, to the present end of the file."""
        if not self.zipped:
            self.file.seek(position)
            yield from pieces(self.file)
            return
        try:
            yield from islice(_unzipped(self.file), position, None)
        except DAMAGED:
            self.tell(f"{self.path}: the gzip file is damaged or cut short")


def open_part(path: Path, tell: Callable[[str], None]) -> Part:
    """Open a file of a log, plain or gzipped; raises `NoLogError`."""
    try:
        file = path.open("rb")
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise NoLogError(f"{path}: cannot be read: {reason}") from None
    zipped = os.pread(file.fileno(), len(_GZIP), 0) == _GZIP
    return Part(file, path, zipped, tell)


def pieces(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    """Yield what is left of a file line by line; the last one is ended if it is not."""
    piece = b"\n"
    while more := file.readline(LONGEST):
        piece = more
        if piece.endswith(b"\n") or len(piece) == LONGEST:
            yield piece
        else:
            yield piece + b"\n"
            return
    if not piece.endswith(b"\n"):
        yield b"\n"


def backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield position and content of each line that begins before `end`, the last first.

    Of a line that is longer than `LONGEST` only its first bytes are given.
    """
    number, line_end, block_end = file.fileno(), end, end
    while block_end > 0:
        start = max(0, block_end - BLOCK)
        block = os.pread(number, block_end - start, start)
        at = len(block)
        while (found := block.rfind(b"\n", 0, at)) >= 0:
            begin = start + found + 1
            if begin < line_end:
                inside = line_end <= start + len(block)
                size = min(line_end - begin, LONGEST)
                whole = block[found + 1 : found + 1 + size] if inside else b""
                yield begin, whole or os.pread(number, size, begin)
            line_end, at = begin, found
        block_end = start
    if line_end > 0:
        yield 0, os.pread(number, min(line_end, LONGEST), 0)


def _in_plain(file: BinaryIO, reach: Reach) -> Beginning:
    size = file.seek(0, io.SEEK_END)
    position, found = size, 0
    if reach.most == 0:
        return Beginning(position, found, more=False)
    for begin, line in backwards(file, size):
        passes = reach.passes(line)
        if passes is None:
            return Beginning(position, found, more=False)
        if passes:
            position, found = begin, found + 1
            if found == reach.most:
                return Beginning(position, found, more=False)
    return Beginning(position, found, more=True)


def _in_zipped(file: BinaryIO, reach: Reach) -> Beginning:
    """Return the same of a gzipped file, which can only be read from its beginning.

    Its positions are numbers of lines.
    """
    last: deque[int] = deque(maxlen=reach.most)
    found, more = 0, True
    with suppress(*DAMAGED):
        for number, piece in enumerate(_unzipped(file)):
            passes = reach.passes(piece)
            more = more and passes is not None
            if passes:
                found += 1
                if reach.most is not None or not last:
                    last.append(number)
    enough = reach.most is not None and found >= reach.most
    position = last[0] if last else sys.maxsize
    return Beginning(position, len(last) if enough else found, more and not enough)


def _unzipped(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    with gzip.open(file) as content:
        yield from pieces(content)
