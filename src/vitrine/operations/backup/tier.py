"""One Prometheus whose data is backed up: where it is, and a snapshot of what it has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.domain.failure import Failure
from vitrine.monitoring.prometheus import LONG_TERM, RECORDED
from vitrine.operations.backup.figures import EVERYTHING, Figures, figures
from vitrine.operations.backup.workplace import undisturbed

ITS_OWN = f'{{__name__!="",__name__!~"{RECORDED}"}}'
"""What a tier answers from its own data alone, where it asks another one for its records."""
TRIES = 5
WRITE = "/api/v1/write"


class CannotSnapshotError(Failure):
    """A snapshot cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A Prometheus by its name in the archive; `data` is where its data is seen from here."""

    name: str
    prometheus: PrometheusApi
    data: Path

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Path, Figures]]:
        """Give the directory of a snapshot with what it holds; it is removed afterwards.

        What Prometheus answers is asked before and after: where both are the same, it is also
        what the snapshot in between holds. Where something arrived meanwhile, it is tried again.
        """
        selector = ITS_OWN if self._asks_others() else EVERYTHING
        for _ in range(TRIES):
            before = figures(self.prometheus, selector)
            path = None
            try:
                with undisturbed():  # or there would be a snapshot whose name nobody knows
                    path = self.data / "snapshots" / self.prometheus.snapshot()
                if not path.is_dir():
                    raise CannotSnapshotError(
                        f"{self.prometheus.url} made a snapshot that is not at {path}:"
                        f" name its directory with --{self.name}-data, and remove the snapshot"
                    )
                if figures(self.prometheus, selector, before.until_ms or None) == before:
                    yield path, before
                    return
            finally:
                if path is not None:
                    _remove(path)
        raise CannotSnapshotError(
            f"{self.prometheus.url} was still taking old data at each of {TRIES} tries; try later"
        )

    def _asks_others(self) -> bool:
        return bool(self.prometheus.configuration().get("remote_read"))


def _remove(snapshot: Path) -> None:
    shutil.rmtree(snapshot, ignore_errors=True)
    if snapshot.exists():
        raise CannotSnapshotError(
            f"{snapshot} cannot be removed by this user, and would take space for ever:"
            " remove it, and make backups as a user who may"
        )


def tier_at(name: str, url: str, data: Path | None, within_s: float) -> Tier:
    """Return the tier at an address; raises `ApiError`, or `CannotSnapshotError` for what to do."""
    prometheus = PrometheusApi(url, within_s=within_s)
    if prometheus.flags().get("web.enable-admin-api") != "true":
        raise CannotSnapshotError(
            f"{prometheus.url} makes no snapshots: start it with --web.enable-admin-api"
        )
    directory = data or prometheus.directory()
    try:
        seen = (directory / "wal").is_dir()
    except OSError:
        seen = False
    if not seen:
        raise CannotSnapshotError(
            f"{prometheus.url} keeps its data in {directory}, which cannot be read from here:"
            f" name the directory of its volume with --{name}-data, as a user who may read it"
        )
    return Tier(name, prometheus, directory)


def store_of(prometheus: PrometheusApi) -> str | None:
    """Return the address of the long-term store that a Prometheus writes to, if there is one."""
    for target in prometheus.configuration().get("remote_write") or ():
        if target.get("name") == LONG_TERM:
            return str(target["url"]).removesuffix(WRITE)
    return None
