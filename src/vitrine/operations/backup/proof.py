"""The proof of a backup: what came out of the archive answers as what went in did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from vitrine.adapters.database.sqlite.copy import DatabaseUnreadableError, rows_of
from vitrine.operations.backup.figures import differences, figures
from vitrine.operations.backup.layout import DASHBOARDS, DATABASE, FOLDERS, SILENCES, blocks_of
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.scratch import UnreadableBlocksError, scratch


def file_faults(home: Path, manifest: Manifest) -> Iterator[str]:
    """Yield in words how the files of a home that was unpacked differ from what was backed up.

    What goes to a server is none of them.
    """
    if manifest.database.kind == "sqlite":
        yield from _of_database(home / DATABASE, manifest)
    yield from _of_grafana(home / DASHBOARDS, "dashboards", manifest.dashboards)
    yield from _of_grafana(home / FOLDERS, "folders", manifest.folders)
    yield from _of_silences(home / SILENCES, manifest.silences)


def tier_faults(home: Path, manifest: Manifest, work: Path) -> Iterator[str]:
    """Yield in words how its metrics differ from what was backed up.

    Raises `NoScratchError` where there is no Prometheus to compare with.
    """
    for name in manifest.tiers:
        yield from _of_tier(name, home, manifest, work)


def _of_database(database: Path, manifest: Manifest) -> Iterator[str]:
    try:
        found = rows_of(database)
    except DatabaseUnreadableError as problem:
        yield f"database: {problem}"
        return
    yield from row_faults(manifest, found)


def row_faults(manifest: Manifest, found: Mapping[str, int]) -> Iterator[str]:
    """Yield in words how the rows of each table differ from what was backed up."""
    for table in sorted({*manifest.tables, *found}):
        promised, rows = manifest.tables.get(table), found.get(table)
        if promised != rows:
            yield f"database: {table} has {rows} rows instead of {promised}"


def _of_silences(file: Path, promised: int) -> Iterator[str]:
    found = len(json.loads(file.read_bytes())) if file.exists() else 0
    if found != promised:
        yield f"silences: {found} instead of {promised}"


def _of_grafana(directory: Path, what: str, uids: Iterable[str]) -> Iterator[str]:
    for uid in uids:
        try:
            model = json.loads((directory / f"{uid}.json").read_bytes())
        except (OSError, ValueError):
            yield f"{what}: {uid} cannot be read"
            continue
        if model.get("uid") != uid:
            yield f"{what}: {uid} is another one"


def _of_tier(name: str, home: Path, manifest: Manifest, work: Path) -> Iterator[str]:
    promised = manifest.tiers[name]
    try:
        with scratch(blocks_of(home, name), work) as prometheus:
            found = figures(prometheus, promised.selector, promised.until_ms)
    except UnreadableBlocksError as problem:
        yield f"{name}: {problem}"
        return
    yield from (f"{name}: {one}" for one in differences(promised, found))
