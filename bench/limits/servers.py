"""Servers that a service leans on, each of the benchmark's own and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.limits.configuration import Server
from tests.postgres import PostgresServer


class Postgres:
    """A PostgreSQL with an empty database; satisfies `Server`."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.settings = {"DATABASE_URL": server.database()}

    @property
    def pid(self) -> int:
        return self._server.process.pid

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()


@contextmanager
def postgres(_folder: Path) -> Iterator[Server]:
    """Run Debian's PostgreSQL until the block ends."""
    server = PostgresServer()
    try:
        yield Postgres(server)
    finally:
        server.remove()
