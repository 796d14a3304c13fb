"""The archive of a backup: a zipped tar of files, which ends with their manifest."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import IO

from vitrine.operations.backup.layout import DATABASE, DUMP, HOME
from vitrine.operations.backup.manifest import (
    DamagedError,
    ForeignError,
    Manifest,
    Member,
    read,
    written,
)
from vitrine.operations.backup.workplace import of_disk, writing

MANIFEST = "manifest.json"
FIRST = (f"{HOME}/{DATABASE}", DUMP)
"""One of these is the first member of each backup."""
OWNER_ONLY, OWNERS_DIRECTORY = 0o600, 0o700
COMPRESSION = 6
CHUNK = 1024 * 1024


class Packing:
    """An archive that is being written; `members` are the files that are in it so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, Member] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file under a name."""
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def add_text(self, name: str, text: bytes) -> None:
        """Add a text under a name."""
        self._add(name, io.BytesIO(text), len(text))

    def add_tree(self, name: str, directory: Path) -> None:
        """Add every file below a directory."""
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                self.add(f"{name}/{path.relative_to(directory)}", path)

    def finish(self, manifest: Manifest) -> Manifest:
        """Add the manifest, with all members named in it, and return that."""
        whole = replace(manifest, members=self._members)
        text = written(whole)
        self._tar.addfile(_header(MANIFEST, len(text)), io.BytesIO(text))
        return whole

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        hashed = _Hashed(file)
        self._tar.addfile(_header(name, size), hashed)
        self._members[name] = Member(size, hashed.sum.hexdigest())


class _Hashed:
    """A file that is read, and the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.sum.update(found)
        return found


@contextmanager
def packing(archive: Path) -> Iterator[Packing]:
    """Give a new archive to write into, which its owner alone can read."""
    archive.touch(mode=OWNER_ONLY, exist_ok=False)
    with (
        writing(archive),
        archive.open("wb") as file,
        GzipFile("", "wb", COMPRESSION, file) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as tar,
    ):
        yield Packing(tar)


def unpack(archive: Path, into: Path) -> Manifest:
    """Write an archive's files below a new directory and return their manifest.

    Raises `ForeignError` where it is no backup, and `DamagedError` where a file is missing, is
    too many, or is not what was packed.
    """
    into.mkdir(mode=OWNERS_DIRECTORY)
    try:
        _extract(archive, into)
    except (tarfile.TarError, zlib.error, EOFError, BadGzipFile) as problem:
        if not any(into.iterdir()):
            raise ForeignError(
                f"{archive} is no backup of Vitrine, or its beginning is damaged: {problem}"
            ) from None
        raise DamagedError(f"{archive} is damaged: {problem}") from None
    except OSError as problem:
        raise of_disk(problem, into) from None
    for directory in (path for path in into.rglob("*") if path.is_dir()):
        directory.chmod(OWNERS_DIRECTORY)
    said = into / MANIFEST
    if not said.is_file():
        raise DamagedError(f"{archive} is damaged: it has no {MANIFEST}: its end is missing")
    manifest = read(archive, said.read_bytes())
    said.unlink()
    _compare(manifest.members, into)
    return manifest


def _extract(archive: Path, into: Path) -> None:
    with GzipFile(archive) as zipped:
        with tarfile.open(fileobj=zipped, mode="r|") as tar:
            for number, member in enumerate(tar):
                if number == 0 and member.name not in FIRST:
                    raise ForeignError(f"{archive} is no backup of Vitrine")
                if not member.isreg():
                    raise DamagedError(f"{archive} is damaged: {member.name} is no file")
                tar.extract(member, into, filter="data")
        while zipped.read(CHUNK):  # the checksum of the whole stands at its end
            pass


def _compare(members: Mapping[str, Member], below: Path) -> None:
    found = {str(path.relative_to(below)) for path in below.rglob("*") if path.is_file()}
    for name in sorted(set(members) - found):
        raise DamagedError(f"the archive is damaged: {name} is missing")
    for name in sorted(found - set(members)):
        raise DamagedError(f"the archive is damaged: {name} is not of this backup")
    for name, member in members.items():
        if _sum_of(below / name) != member:
            raise DamagedError(f"the archive is damaged: {name} is not what it was")


def _sum_of(path: Path) -> Member:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    return Member(path.stat().st_size, found.hexdigest())


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, OWNER_ONLY, int(time.time())
    return header
