"""A disk that takes nothing any more is named, with the room that it has."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vitrine.adapters.database.sqlite.copy import copy_database
from vitrine.operations.backup.archive import packing, unpack
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.seal import new_key, seal, unseal
from vitrine.operations.backup.workplace import DiskError, workplace

BYTES = 300_000
KEY = new_key()


@contextmanager
def little_room() -> Iterator[None]:
    """Let no file of this process become longer than a few bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def source(place: Path) -> Path:
    with sqlite3.connect(place / "source.db") as database:
        database.execute("CREATE TABLE t (x)")
        database.execute(f"INSERT INTO t VALUES (randomblob({BYTES}))")
    database.close()
    return place / "source.db"


def archive(place: Path) -> Path:
    with packing(place / "source.tar.gz") as tar:
        tar.add("home/vitrine.db", source(place))
        tar.finish(Manifest("0.1.0", "20260101T000000Z", "p", {}, {}, (), {}))
    return place / "source.tar.gz"


def sealed(place: Path) -> Path:
    seal(source(place), place / "source.age", KEY)
    return place / "source.age"


def pack(path: Path, to: Path) -> None:
    with packing(to) as tar:
        tar.add("home/vitrine.db", path)


@pytest.mark.parametrize(
    ("made", "write"),
    [
        (source, copy_database),
        (source, pack),
        (source, lambda path, to: seal(path, to, KEY)),
        (archive, unpack),
        (sealed, lambda path, to: unseal(path, to, KEY)),
    ],
    ids=("copy", "pack", "seal", "unpack", "unseal"),
)
def test_what_was_written_is_named_and_not_what_was_read(
    tmp_path: Path, made: Callable[[Path], Path], write: Callable[[Path, Path], object]
) -> None:
    given = made(tmp_path)
    said = rf"^{tmp_path}/target: .*; [\d,.]+ MB are free there$"
    with pytest.raises(DiskError, match=said), workplace(tmp_path), little_room():
        write(given, tmp_path / "target")
