"""What was generated once and is no longer: found, removed, or for dashboards put aside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from vitrine.monitoring.containers import ARCHIVE_IN, DASHBOARDS_IN
from vitrine.monitoring.reference import MARK
from vitrine.monitoring.yml import BARE_MARK

PLACES = (
    Path("deploy/alertmanager"),
    Path("deploy/grafana/provisioning"),
    Path("deploy/logging"),
    Path("deploy/prometheus"),
    Path("docs/reference"),
    Path("docs/runbooks"),
    Path("k8s"),
)
"""Where a file that bears our mark must be one of ours; others' files there are left alone."""
HEAD = 500
"""The mark stands in the first characters of a file."""


class Leftovers(NamedTuple):
    """Files that nothing writes any more: marked ones, and dashboards, which bear no mark.

    A dashboard that is declared again is no longer wanted in the archive, and so is stale there.
    """

    stale: list[Path]
    dashboards: list[Path]


def leftovers(pages: Mapping[Path, str], root: Path) -> Leftovers:
    """Return what is left over under `root` where these pages are generated."""
    found = (
        path.relative_to(root)
        for place in PLACES
        for path in sorted((root / place).rglob("*"))
        if path.is_file() and _is_marked(path)
    )
    again = (ARCHIVE_IN / path.name for path in pages if path.parent == DASHBOARDS_IN)
    boards = (path.relative_to(root) for path in sorted((root / DASHBOARDS_IN).glob("*.json")))
    return Leftovers(
        [
            *(path for path in found if path not in pages),
            *(path for path in again if (root / path).is_file()),
        ],
        [path for path in boards if path not in pages],
    )


def clear(left: Leftovers, root: Path) -> None:
    """Remove what is stale, and move dashboards to the archive."""
    for path in left.stale:
        (root / path).unlink()
    for path in left.dashboards:
        (root / ARCHIVE_IN).mkdir(parents=True, exist_ok=True)
        (root / path).rename(root / ARCHIVE_IN / path.name)


def _is_marked(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        beginning = file.read(HEAD)
    return MARK in beginning or BARE_MARK in beginning
