"""Makes a backup: everything into one archive, which counts when it has been restored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitrine import __version__
from vitrine.adapters.alertmanager_api import AlertmanagerApi
from vitrine.adapters.database.postgres.copy import forgotten_in
from vitrine.adapters.database.sqlite.copy import copy_database
from vitrine.adapters.forgotten_file import NAME, lines_of, read
from vitrine.adapters.grafana import Grafana
from vitrine.domain.failure import Failure
from vitrine.operations.backup.archive import Packing, packing
from vitrine.operations.backup.figures import Figures
from vitrine.operations.backup.layout import (
    DASHBOARDS,
    DATABASE,
    DUMP,
    FOLDERS,
    HOME,
    SETTINGS,
    SILENCES,
    SITE,
    blocks_of,
    kept_files,
)
from vitrine.operations.backup.manifest import MADE_AT, Manifest, Origin, figures_said, rows_said
from vitrine.operations.backup.postgres import dump
from vitrine.operations.backup.restoring import verify
from vitrine.operations.backup.seal import check_key, seal
from vitrine.operations.backup.shelf import UNPROVEN_ENDING, name_for
from vitrine.operations.backup.silences import lasting
from vitrine.operations.backup.tier import Tier
from vitrine.operations.backup.workplace import workplace

Say = Callable[[str, str], None]
"""Is told of each part what became of it."""


class UnprovenError(Failure):
    """A backup was made but what came out of it was not what went in."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is backed up; `left_out` says by part why it is not. With a `key` it is encrypted.

    `postgres` is the address of the database where that is not the file `database`; `owner` is
    the mark of the home by which its archives are told from others. `settings` are what is set,
    without secrets, and `settings_said` in words what that is.
    """

    home: Path
    database: Path
    site: str
    site_file: Path
    tiers: Sequence[Tier]
    grafana: Grafana | None
    left_out: Mapping[str, str]
    key: str | None = field(default=None, repr=False)
    postgres: str | None = field(default=None, repr=False)
    owner: str = ""
    alertmanager: AlertmanagerApi | None = None
    settings: str = ""
    settings_said: str = "all as by default"


def back_up(plan: Plan, directory: Path, say: Say) -> Path:
    """Make a backup in a directory, restore it, compare, and return its path.

    What could not be proven keeps a name that says so, and raises `UnprovenError` with what
    differs or what kept it from being tried.
    """
    if plan.key:
        check_key(plan.key)
    made_at = datetime.now(UTC).strftime(MADE_AT)
    archive = directory / name_for(made_at, plan.owner, sealed=plan.key is not None)
    unproven = archive.with_name(archive.name + UNPROVEN_ENDING)
    with workplace() as work:
        directory.mkdir(parents=True, exist_ok=True)
        written = work / "plain" if plan.key else unproven
        try:
            _pack(plan, made_at, written, work, say)
            if plan.key:
                seal(written, unproven, plan.key)
                written.unlink()
            _sync(unproven)
        except BaseException:
            unproven.unlink(missing_ok=True)
            raise
        try:
            verify(unproven, plan.key, plan.postgres)
        except Failure as problem:
            raise UnprovenError(f"{problem}\nnot verified: {unproven}") from None
        unproven.rename(archive)
        _sync(directory)
    return archive


def _pack(plan: Plan, made_at: str, archive: Path, work: Path, say: Say) -> None:
    with packing(archive) as tar:
        origin, rows = _database(plan, tar, work, say)
        _files(plan, tar, say)
        dashboards, folders = _grafana(plan, tar, say)
        silences = _silences(plan, tar, say)
        tiers = {tier.name: _tier(tier, tar, say) for tier in plan.tiers}
        for name, why in plan.left_out.items():
            say(name, f"left out: {why}")
        tar.finish(
            Manifest(
                vitrine=__version__,
                made_at=made_at,
                site=plan.site,
                tables=rows,
                tiers=tiers,
                dashboards=dashboards,
                left_out=plan.left_out,
                database=origin,
                folders=folders,
                silences=silences,
            )
        )


def _database(plan: Plan, tar: Packing, work: Path, say: Say) -> tuple[Origin, Mapping[str, int]]:
    copy = work / DATABASE
    if plan.postgres is None:
        origin, rows, name = Origin(), copy_database(plan.database, copy), f"{HOME}/{DATABASE}"
    else:
        (origin, rows), name = dump(plan.postgres, copy), DUMP
    tar.add(name, copy)
    copy.unlink()
    say("database", f"{rows_said(rows)}, {origin}")
    return origin, rows


def _files(plan: Plan, tar: Packing, say: Say) -> None:
    files = list(kept_files(plan.home, plan.database))
    forgotten = read(plan.home / NAME)
    if plan.postgres is not None:
        forgotten |= forgotten_in(plan.postgres) or set()
    for path in files:
        if path.name != NAME:
            tar.add(f"{HOME}/{path.name}", path)
    if forgotten:
        tar.add_text(f"{HOME}/{NAME}", lines_of(forgotten))
    tar.add(f"{HOME}/{SITE}", plan.site_file)
    say("secrets", ", ".join(path.name for path in files) or "none in the home")
    say("site", str(plan.site_file))
    tar.add_text(f"{HOME}/{SETTINGS}", plan.settings.encode())
    say("settings", plan.settings_said)


def _grafana(plan: Plan, tar: Packing, say: Say) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Pack dashboards, and folders with the dashboards in them; return the uids of both."""
    if plan.grafana is None:
        return (), ()
    uids: dict[str, str] = {}
    for uid, model, folder in plan.grafana.dashboards():
        _add_json(tar, f"{DASHBOARDS}/{uid}.json", model)
        uids[uid] = folder
    say("dashboards", f"{len(uids)} of {plan.grafana.url}")
    folders = list(plan.grafana.folders())
    for folder, title, parent in folders:
        above = {"parentUid": parent} if parent else {}
        inside = [uid for uid, in_ in uids.items() if in_ == folder]
        content = {"uid": folder, "title": title, **above, "dashboards": inside}
        _add_json(tar, f"{FOLDERS}/{folder}.json", content)
    say("folders", f"{len(folders)} of {plan.grafana.url}")
    return tuple(uids), tuple(folder.uid for folder in folders)


def _silences(plan: Plan, tar: Packing, say: Say) -> int:
    if plan.alertmanager is None:
        return 0
    found = lasting(plan.alertmanager)
    _add_json(tar, SILENCES, found)
    say("silences", f"{len(found)} of {plan.alertmanager.url}")
    return len(found)


def _add_json(tar: Packing, name: str, content: Any) -> None:
    tar.add_text(f"{HOME}/{name}", json.dumps(content, indent=2, ensure_ascii=False).encode())


def _tier(tier: Tier, tar: Packing, say: Say) -> Figures:
    with tier.snapshot() as (blocks, held):
        tar.add_tree(str(blocks_of(Path(HOME), tier.name)), blocks)
    say(tier.name, figures_said(held))
    return held


def _sync(path: Path) -> None:
    """Return when what was written is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
