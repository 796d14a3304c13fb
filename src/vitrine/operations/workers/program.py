"""Which Python a worker is started with: that of the version which is installed by then."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def interpreter() -> Callable[[], str]:
    """Return what names the Python for the next worker, each time it is asked.

    A program that was called by a link to its version, as `/opt/vitrine/current/bin/vitrine`,
    follows the link anew. The name is that of the version itself, so that a worker which goes on
    never imports from the next one. Where the link leads to none, this process's own is named.
    """
    own, called = Path(sys.executable), Path(sys.argv[0]).absolute().parent
    beside = called if called.is_dir() and called.samefile(own.parent) else own.parent

    def named() -> str:
        found = beside.resolve() / own.name
        return str(found if found.exists() else own)

    return named
