"""Where a home's log files are, and which files a log was rotated to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vitrine.domain.failure import Failure
from vitrine.telemetry.logs.files import FILE_NAME

SHOWS = ("simulated", "replayed")
"""The homes of `vitrine up`, inside the one that it is given."""
_ROTATED = re.compile(r"(?:\.(?P<number>\d+)|-\d{8}[\d-]*)(?:\.gz)?")


class NoLogError(Failure):
    """There is nothing to read; the message says where was looked and what to do."""


class Place(NamedTuple):
    """A log file, and the home whose key made the pseudonyms in it."""

    path: Path
    home: Path


def places(home: Path, log_dir: Path | None) -> list[Place]:
    """Return where the lines of a home's service may be: in LOG_DIR, and where `up` keeps them."""
    homes = (home, *(home / name for name in SHOWS))
    named = [Place(log_dir / FILE_NAME, home)] if log_dir else []
    return [*named, *(Place(one / "logs" / FILE_NAME, one) for one in homes)]


def newest(candidates: Iterable[Place]) -> Place:
    """Return the place that was written to last; raises `NoLogError` where there is none."""
    looked = list(candidates)
    found = [place for place in looked if place.path.is_file()]
    if not found:
        raise NoLogError(
            f"no log found; looked for {', '.join(str(place.path) for place in looked)};"
            " set LOG_DIR for the service, name a FILE, or give - for standard input"
        )
    return max(found, key=lambda place: place.path.stat().st_mtime_ns)


def family(path: Path) -> list[Path]:
    """Return the files of a log that are there, the oldest first: `.2.gz`, `.1`, and itself.

    Earlier files have a number or, as logrotate's `dateext` makes them, a date in their name;
    where some have the one and some the other, it counts when they were written. Raises
    `NoLogError` where the folder cannot be read, or has none.
    """
    try:
        beside = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
    except OSError as problem:
        raise NoLogError(f"{path}: cannot be read: {_reason(problem)}") from None
    named = ((file, _ROTATED.fullmatch(file.name.removeprefix(path.name))) for file in beside)
    rotated = [(file, found["number"]) for file, found in named if found]
    if all(number for _, number in rotated):
        earlier = [
            file for file, _ in sorted(rotated, key=lambda one: (-int(one[1]), _age(one[0])))
        ]
    elif any(number for _, number in rotated):
        earlier = sorted((file for file, _ in rotated), key=_age)
    else:
        earlier = sorted(file for file, _ in rotated)
    files = [*earlier, *([path] if path.exists() else [])]
    if not files:
        raise NoLogError(f"{path}: there is no such file")
    return files


def _age(file: Path) -> int:
    """Return when it was written to last, in nanoseconds; 0 of one that has just gone."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
