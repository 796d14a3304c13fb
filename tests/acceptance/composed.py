"""Compose without containers: its services as processes of this machine.

There is no Docker here. What a container would be given is laid out in a directory: the files
that are mounted, where they are mounted; then Debian's programs run with the command of the
file. Names of other services become ports of this machine, and waits become shorter; nothing
else is changed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from tests.acceptance.live import ONCE
from tests.acceptance.prometheus import INSTALL, WITHIN_S, wait_for
from vitrine.operations.alertmanager import MISSING, find_alertmanager
from vitrine.operations.prometheus import find_prometheus
from vitrine.operations.server import free_port

NAMES = ("prometheus", "long-term", "alertmanager")
QUICK = {
    "scrape_interval: 15s": "scrape_interval: 1s",
    "scrape_timeout: 10s": "scrape_timeout: 1s",
    "evaluation_interval: 15s": "evaluation_interval: 1s",
    "group_wait: 30s": "group_wait: 1s",
}
RESEND = {"prometheus": ["--rules.alert.resend-delay=1s"]}
"""A first alert may come before Alertmanager is found, and is sent again after a minute."""
LISTEN = "--web.listen-address="


class Composed:
    """The services of a Compose file below `root`, which run in directories of their own.

    `service` is where the service on the host is, as host:port.
    """

    def __init__(self, root: Path, made_in: Path, service: str) -> None:
        self.compose = yaml.safe_load((root / "docker-compose.monitoring.yml").read_text())
        self.root = root
        self.made_in = made_in
        self.ports = {name: free_port() for name in NAMES}
        self._here = {"portfolio_backend:8000": service, **QUICK}
        for name, port in self.ports.items():
            for called in (name, "localhost"):
                self._here[f"{called}{self._listens(name)}"] = f"127.0.0.1:{port}"

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def lay_out(self) -> None:
        """Give each service the files that it mounts, where it mounts them."""
        for name in NAMES:
            service = self.compose["services"][name]
            for volume in service["volumes"]:
                source, target, *_ = volume.split(":")
                if source.startswith("."):
                    self._mount(name, self.root / source, target)
                else:
                    self._inside(name, target).mkdir(parents=True)
            for secret in service.get("secrets", ()):
                file = self.compose["secrets"][secret["source"]]["file"]
                self._mount(name, self.root / file, secret["target"])

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run all of them until the block ends."""
        processes: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name in NAMES:
                with self._log(name).open("wb") as log:
                    processes[name] = subprocess.Popen(
                        self._called(name), stdout=log, stderr=subprocess.STDOUT
                    )
            for name, process in processes.items():
                self._wait_for(name, process)
            yield
        finally:
            # One after the other: Prometheus sends what it has before it ends, for up to a minute.
            for process in processes.values():
                process.terminate()
                process.wait(WITHIN_S)

    def _wait_for(self, name: str, process: subprocess.Popen[bytes]) -> None:
        wait_for(lambda: process.poll() is not None or self._ready(name), f"an answer of {name}")
        assert process.poll() is None, self._log(name).read_text()

    def _ready(self, name: str) -> bool:
        try:
            return ONCE.get(f"{self.url(name)}/-/ready").is_success
        except httpx.HTTPError:
            return False

    def _log(self, name: str) -> Path:
        return self.made_in / f"{name}.log"

    def _options(self, name: str) -> list[str]:
        found: list[str] = self.compose["services"][name]["command"]
        return found

    def _listens(self, name: str) -> str:
        """Return the port at which a service listens in its container, as `:9090`."""
        (option,) = [one for one in self._options(name) if one.startswith(LISTEN)]
        return option.removeprefix(LISTEN)

    def _called(self, name: str) -> list[str]:
        program = find_alertmanager() if name == "alertmanager" else find_prometheus()
        assert program is not None, f"{INSTALL}; {MISSING}"
        options = [self._moved(name, option) for option in self._options(name)]
        return [str(program), *options, *RESEND.get(name, ())]

    def _moved(self, name: str, option: str) -> str:
        """Return an option with a path in the service's directory, or with its port here."""
        if option.startswith(LISTEN):
            return f"{LISTEN}127.0.0.1:{self.ports[name]}"
        key, _, value = option.partition("=")
        return f"{key}={self._inside(name, value)}" if value.startswith("/") else option

    def _inside(self, name: str, path: str) -> Path:
        return self.made_in / name / path.removeprefix("/")

    def _mount(self, name: str, source: Path, target: str) -> None:
        place = self._inside(name, target)
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place)
        else:
            shutil.copy(source, place)
        for file in [place] if place.is_file() else place.rglob("*.yml"):
            file.write_text(self._reached(name, file.read_text()))

    def _reached(self, name: str, text: str) -> str:
        for there, here in self._here.items():
            text = text.replace(there, here)
        return text.replace(f"/etc/{name}", str(self._inside(name, f"/etc/{name}")))
