"""Restores a backup: proves it, or makes a new home of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain
from pathlib import Path

from vitrine.domain.failure import Failure
from vitrine.operations.backup.layout import DUMP, HOME
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.opening import opened
from vitrine.operations.backup.postgres import demand_empty, demand_kind, dump_faults, filled
from vitrine.operations.backup.proof import file_faults, tier_faults
from vitrine.operations.backup.scratch import NoScratchError
from vitrine.operations.backup.workplace import workplace


def _nothing() -> None:
    """Finish where nothing is left to do."""


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
    prepare: Callable[[Path, Manifest], Callable[[], None]] = lambda _made, _manifest: _nothing,
) -> tuple[Manifest, str]:
    """Make a new home of an archive; return its manifest, and why metrics were not compared, if so.

    The home appears whole, after everything was compared, or not at all, and so do the rows of a
    PostgreSQL, in the empty database at `postgres`. `prepare` is called with the home to be
    before anything is filled, and what it returns when its database is. Without a Prometheus on
    this machine the files are compared with their checksums alone.
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
        finish = prepare(made, manifest)
        with _database(postgres, work / "opened" / DUMP, manifest) as faults:
            _demand(faults)
            finish()
            with suppress(FileNotFoundError):
                home.rmdir()
            made.rename(home)
    return manifest, left


def _database(
    postgres: str | None, dump: Path, manifest: Manifest
) -> AbstractContextManager[Iterable[str]]:
    return nullcontext(()) if postgres is None else filled(postgres, dump, manifest)


def _demand(faults: Iterable[str]) -> None:
    wrong = list(faults)
    if wrong:
        raise NotTheSameError("\n".join(wrong))
