"""Restores a backup: proves it, or makes a new home of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

from vitrine.domain.failure import Failure
from vitrine.operations.backup.layout import DUMP, HOME
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.opening import opened
from vitrine.operations.backup.postgres import demand_empty, demand_kind, dump_faults, fill
from vitrine.operations.backup.proof import file_faults, tier_faults
from vitrine.operations.backup.scratch import NoScratchError
from vitrine.operations.backup.workplace import workplace

FILLED = "the database of DATABASE_URL holds that now: drop it"


class NotTheSameError(Failure):
    """What came out of an archive is not what went in; each line of the message is a fault."""


class HomeTakenError(Failure):
    """There is something already where the home should be made."""


def verify(archive: Path, key: str | None, postgres: str | None = None) -> Manifest:
    """Restore an archive to compare it, and return its manifest.

    What is of a PostgreSQL is restored on the server of `postgres`, into a database of its own.
    Raises `NotTheSameError`, `NoScratchError`, and what `opened` and `dump_faults` raise.
    """
    with workplace() as work:
        manifest = opened(archive, work / "opened", key)
        home = work / "opened" / HOME
        _demand(
            chain(
                file_faults(home, manifest),
                dump_faults(work / "opened" / DUMP, manifest, postgres),
                tier_faults(home, manifest, work),
            )
        )
    return manifest


def restore(
    archive: Path,
    home: Path,
    key: str | None,
    postgres: str | None = None,
    finish: Callable[[Path, Manifest], None] = lambda _made, _manifest: None,
) -> tuple[Manifest, str]:
    """Make a new home of an archive; return its manifest, and why metrics were not compared, if so.

    The home appears whole, after everything was compared and `finish` has done with it, or not
    at all, and so do the rows of a PostgreSQL, in the empty database at `postgres`. Without a
    Prometheus on this machine the files are compared with their checksums alone.
    """
    if home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir()))):
        raise HomeTakenError(f"{home} is there already: name a new directory with --home")
    if postgres is not None:
        demand_empty(postgres)
    left = ""
    with workplace(home.absolute().parent) as work:
        manifest = opened(archive, work / "opened", key)
        demand_kind(manifest, postgres)
        made = work / "opened" / HOME
        _demand(file_faults(made, manifest))
        try:
            _demand(tier_faults(made, manifest, work))
        except NoScratchError as problem:
            left = str(problem)
        if postgres is not None:
            faults = list(fill(postgres, work / "opened" / DUMP, manifest))
            _demand([*faults, FILLED] if faults else ())
        finish(made, manifest)
        with suppress(FileNotFoundError):
            home.rmdir()
        made.rename(home)
    return manifest, left


def _demand(faults: Iterable[str]) -> None:
    wrong = list(faults)
    if wrong:
        raise NotTheSameError("\n".join(wrong))
