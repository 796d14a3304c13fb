"""Servers that a service leans on, each of the benchmark's own and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.limits.configuration import Server
from tests.postgres import PostgresServer
from tests.redis_server import RunningRedis, running_redis


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


class Cache:
    """A Redis without a disk; satisfies `Server`."""

    def __init__(self, server: RunningRedis) -> None:
        self._server = server
        self.settings = {"REDIS_URL": server.url}

    @property
    def pid(self) -> int:
        return self._server.pid

    def stop(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server.start()


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """Run Debian's Redis until the block ends."""
    with running_redis(folder) as server:
        yield Cache(server)
