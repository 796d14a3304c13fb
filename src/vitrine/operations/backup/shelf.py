"""The directory that archives stand in: their names, the newest of them, and which are too many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from vitrine.domain.failure import Failure
from vitrine.operations.backup.workplace import writing

ENDING, SEALED_ENDING, UNPROVEN_ENDING = ".tar.gz", ".tar.gz.age", ".unverified"
_VERIFIED = re.compile(r"vitrine-backup-(\d{8}T\d{6}Z)(?:-([0-9a-f]{8}))?\.tar\.gz(?:\.age)?")


class NoArchiveError(Failure):
    """There is no archive at the path."""


def name_for(made_at: str, owner: str, *, sealed: bool) -> str:
    """Return what a verified archive is called; `owner` is the mark of its home, if it has one."""
    of_home = f"-{owner}" if owner else ""
    return f"vitrine-backup-{made_at}{of_home}{SEALED_ENDING if sealed else ENDING}"


def archive_at(place: Path) -> Path:
    """Return an archive, or the newest verified one of a directory; raises `NoArchiveError`."""
    if not place.is_dir():
        return place
    newest = max(_verified(place), key=lambda one: one[0], default=None)
    if newest is None:
        raise NoArchiveError(f"{place} holds no verified backup")
    return newest[2]


def remove_older(directory: Path, owner: str, keep: int) -> list[Path]:
    """Remove all verified archives of a home but the newest ones, and return which those were.

    Whatever has no such name, or has that of another home, stays.
    """
    own = sorted((one for one in _verified(directory) if owner and one[1] == owner), reverse=True)
    old = [path for _made_at, _owner, path in own[keep:]]
    for path in old:
        with writing(path):
            path.unlink(missing_ok=True)
    return old


def _verified(directory: Path) -> Iterator[tuple[str, str | None, Path]]:
    with writing(directory):
        found = list(directory.iterdir())
    for path in found:
        name = _VERIFIED.fullmatch(path.name)
        if name is not None and path.is_file() and not path.is_symlink():
            yield name[1], name[2], path
