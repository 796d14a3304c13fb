"""A Redis to run: found on this machine, without a disk, with a bound on its memory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
MISSING = "not installed: apt-get install redis-server"
MEMORY = "16mb"


@dataclass(frozen=True, slots=True)
class RedisProgram:
    """A Redis on loopback that keeps nothing, and forgets what is used least when it is full."""

    binary: Path
    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}"

    def command(self) -> list[str]:
        """Return the command that runs it; its home must be there."""
        options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.home),
            "save": "",
            "appendonly": "no",
            "maxmemory": MEMORY,
            "maxmemory-policy": "allkeys-lru",
        }
        words = (word for name, value in options.items() for word in (f"--{name}", value))
        return [str(self.binary), *words]


def find_redis() -> Path | None:
    """Return the program; `None` where it is not installed."""
    found = shutil.which("redis-server")
    return Path(found) if found else None
