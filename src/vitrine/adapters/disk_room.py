"""How much room a disk has, for those who are told that it takes nothing more."""

from __future__ import annotations

import shutil
from pathlib import Path


def room_at(path: Path) -> str:
    """Return in words how much is free where a file is, or was to be."""
    there = next(one for one in (path, *path.absolute().parents) if one.exists())
    return f"{shutil.disk_usage(there).free / 1e6:,.1f} MB are free there"
