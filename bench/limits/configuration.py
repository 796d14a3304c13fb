"""What is put under load: a service, and the servers that it leans on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from bench.load import started
from bench.processes import Usage, usage
from bench.result import Result
from vitrine.operations.server import free_port


class Server(Protocol):
    """A server of the benchmark's own: its process now, and the settings that lead to it."""

    @property
    def pid(self) -> int: ...

    @property
    def settings(self) -> Mapping[str, str]: ...

    def stop(self) -> None:
        """End it, as far as whoever leans on it can tell."""

    def start(self) -> None:
        """Have it come back with what it had."""


class Running(NamedTuple):
    """A configuration at work: its service, and each server by name."""

    url: str
    home: Path
    pid: int
    servers: Mapping[str, Server]

    def usage(self) -> dict[str, Usage]:
        """Return what the service and each server have used since their start."""
        pids = {"service": self.pid, **{name: one.pid for name, one in self.servers.items()}}
        return {name: usage([pid]) for name, pid in pids.items()}


Start = Callable[[Path], AbstractContextManager[Server]]


class Configuration(NamedTuple):
    """`servers` are started before the service, each in a directory of its own.

    `faults` are done to it at last; each returns what visitors noticed of it.
    """

    name: str
    arguments: tuple[str, ...] = ()
    servers: Mapping[str, Start] = {}
    faults: tuple[Callable[[Running], list[Result]], ...] = ()


@contextmanager
def running(configuration: Configuration, folder: Path) -> Iterator[Running]:
    """Run a configuration on an empty home until the block ends."""
    with ExitStack() as stack:
        servers = {}
        for name, server in configuration.servers.items():
            (folder / name).mkdir()
            servers[name] = stack.enter_context(server(folder / name))
        settings = {key: value for one in servers.values() for key, value in one.settings.items()}
        home, port = folder / "home", free_port()
        command = ["-m", "vitrine", "serve", "--home", str(home), "--port", str(port)]
        url, process = stack.enter_context(
            started(
                [*command, "--site", "portfolio", *configuration.arguments],
                port,
                "/ready",
                {**os.environ, **settings},
            )
        )
        yield Running(url, home, process.pid, servers)
