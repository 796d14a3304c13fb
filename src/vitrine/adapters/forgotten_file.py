"""Who was erased, as keyed hashes with their times, in a file that outlives the database.

A backup that is older than an erasure still has the visitor; whoever restores it finds in this
file whom to erase again. Nobody reads from it who that was.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable
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

    def __init__(self, home: Path) -> None:
        self._path = home / NAME

    async def add(self, entry: Forgetting) -> None:
        """Note an entry; raises `StoreUnavailableError` where it cannot be written."""
        try:
            await asyncio.to_thread(write, self._path, [entry])
        except OSError as problem:
            raise StoreUnavailableError(f"{NAME}: {problem.strerror}") from None


def read(path: Path) -> set[Forgetting]:
    """Return what a list says; lines that are none of ours are passed over."""
    if not path.exists():
        return set()
    found = map(entry_of, path.read_text("ascii", errors="replace").splitlines())
    return {entry for entry in found if entry is not None}


def entry_of(line: str) -> Forgetting | None:
    """Return what a line says, `None` where it is none of ours."""
    said = _ENTRY.fullmatch(line)
    return Forgetting(int(said[1]), said[2]) if said else None


def demanded(path: Path) -> set[Forgetting]:
    """Return what a list says that has to say something; raises `NoListError`."""
    try:
        found = read(path)
    except OSError as problem:
        raise NoListError(f"{path}: {problem.strerror}") from None
    if not found:
        raise NoListError(f"{path} is no list of who was erased: no line of it is an entry")
    return found


def lines_of(entries: Iterable[Forgetting]) -> bytes:
    """Return entries as they stand in a list, the earliest first."""
    return "".join(f"{at_ms} {mark}\n" for at_ms, mark in sorted(entries)).encode()


def write(path: Path, entries: Iterable[Forgetting]) -> None:
    """Add entries to a list, whole and durably, whoever else adds some."""
    text = lines_of(entries)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
