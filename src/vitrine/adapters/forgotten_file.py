"""Who was erased, as keyed hashes with their times, in a file that outlives the database.

A backup that is older than an erasure still has the visitor; whoever restores it finds in this
file whom to erase again. Nobody reads from it who that was.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from vitrine.domain.failure import Failure
from vitrine.usecases.ports import StoreUnavailableError

NAME = "forgotten"
MARK_BYTES = 16
_ENTRY = re.compile(rf"(\d{{1,15}}) ([0-9a-f]{{{2 * MARK_BYTES}}})")


class NoListError(Failure):
    """A file that was named is no list of who was erased; the message says which."""


class Forgetting(NamedTuple):
    """When somebody was erased (ms), and the mark of who."""

    at_ms: int
    mark: str


def mark_of(visitor: str, key: bytes) -> str:
    """Return what stands for a pseudonym; without the home's key nobody makes it again."""
    digest = blake2b(visitor.encode(), key=key, person=b"forgotten", digest_size=MARK_BYTES)
    return digest.hexdigest()


class ForgottenFile:
    """The list of a home; `add` returns when the entry is on the disk."""

    def __init__(self, home: Path, key: bytes, clock: Callable[[], int]) -> None:
        self._path = home / NAME
        self._key = key
        self._clock = clock

    async def add(self, visitor: str) -> None:
        """Note that a visitor is to be gone from now on.

        Raises `StoreUnavailableError` where that cannot be written.
        """
        entry = Forgetting(self._clock(), mark_of(visitor, self._key))
        try:
            await asyncio.to_thread(write, self._path, [entry])
        except OSError as problem:
            raise StoreUnavailableError(f"{NAME}: {problem.strerror}") from None


def read(path: Path) -> set[Forgetting]:
    """Return what a list says; lines that are none of ours are passed over."""
    if not path.exists():
        return set()
    lines = map(_ENTRY.fullmatch, path.read_text("ascii", errors="replace").splitlines())
    return {Forgetting(int(line[1]), line[2]) for line in lines if line}


def demanded(path: Path) -> set[Forgetting]:
    """Return what a list says that has to say something; raises `NoListError`."""
    try:
        found = read(path)
    except OSError as problem:
        raise NoListError(f"{path}: {problem.strerror}") from None
    if not found:
        raise NoListError(f"{path} is no list of who was erased: no line of it is an entry")
    return found


def write(path: Path, entries: Iterable[Forgetting]) -> None:
    """Add entries to a list, whole and durably, whoever else adds some."""
    text = "".join(f"{at_ms} {mark}\n" for at_ms, mark in entries).encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
