"""Access logs on disk: plain, gzipped or from standard input, read as often as need be."""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vitrine.domain.failure import Failure

LONGEST_LINE = 64 * 1024
"""Bytes of a line that are read; the rest of a longer one is passed over."""
STANDARD_INPUT = "-"
_GZIP = b"\x1f\x8b"


class LogFileError(Failure):
    """The file cannot be read as an access log; the message is one clear line."""


class LogFile:
    """The lines of a log, from the beginning each time it is iterated.

    `size` is the length on disk and `bytes_read` what was read of it so far, in all rounds.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        start = file.read(1_024)
        self.name = name
        self._zipped = start.startswith(_GZIP)
        if name.endswith(".gz") and start and not self._zipped:
            raise LogFileError(f"{name}: is not a gzip file, whatever its name says")
        if not self._zipped and b"\0" in start:
            raise LogFileError(f"{name}: is a binary file, not an access log")
        self.size = file.seek(0, 2)
        self._file = file
        self._earlier = 0

    @property
    def bytes_read(self) -> int:
        return self._earlier + self._file.tell()

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        try:
            if self._zipped:
                with gzip.open(self._file) as unzipped:
                    yield from _lines(unzipped)
            else:
                yield from _lines(self._file)
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise LogFileError(f"{self.name}: the gzip file is damaged or cut short") from problem
        self._earlier += self.size
        self._file.seek(0)


@contextmanager
def open_log(name: str) -> Iterator[LogFile]:
    """Open a log by its path, `-` being standard input, which is kept in a temporary file."""
    if name == STANDARD_INPUT:
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            spool.seek(0)
            yield LogFile(spool, "standard input")
    else:
        with _opened(name) as file:
            yield LogFile(file, name)


def _opened(name: str) -> IO[bytes]:
    try:
        return Path(name).open("rb")
    except IsADirectoryError:
        raise LogFileError(f"{name}: is a directory, not a file") from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise LogFileError(f"{name}: cannot be read: {reason}") from None


def _lines(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE)
        yield line
