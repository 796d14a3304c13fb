"""Where things are in a home, and so in the archive, whose directory `home` is the home to be.

It is the layout of `vitrine up`, so that a restored home is simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vitrine.adapters.setting_files import APART
from vitrine.operations.workers.targets import FILE as TARGETS

HOME = "home"
DATABASE = "vitrine.db"
DUMP = "postgresql.dump"
"""Beside the home, since what is in it goes to a server."""
SITE = "site.yaml"
SETTINGS = "settings.env"
DASHBOARDS = "grafana"
FOLDERS = "grafana/folders"
SILENCES = "alertmanager/silences.json"
PASSING = ("lock", TARGETS, APART)
"""What belongs to a running service, or to `vitrine up`, alone."""


def blocks_of(home: Path, tier: str) -> Path:
    """Return where a Prometheus beside the service keeps its data."""
    return home / tier / "data"


def kept_files(home: Path, database: Path) -> Iterator[Path]:
    """Yield the files that stand in a home beside its database: its secrets.

    A restored home also has the site file and the settings of its backup; the next backup has
    those of its own time.
    """
    for path in sorted(home.iterdir()):
        passing = path.name in (*PASSING, SITE, SETTINGS) or path.name.startswith(
            (".", DATABASE, database.name)
        )
        if path.is_file() and not path.is_symlink() and not passing:
            yield path
