"""The Prometheus that stands beside a service: found on this machine, configured, started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.catalogue.external import JOB
from vitrine.monitoring.links import LOCAL, Links
from vitrine.monitoring.programs import SPACE, long_term_options, prometheus_options
from vitrine.monitoring.prometheus import (
    ALERTMANAGER,
    LONG_TERM,
    PROMETHEUS,
    SCRAPE_EVERY_S,
    Listed,
    Scrape,
    long_term_yml,
    prometheus_yml,
)
from vitrine.monitoring.rules import TRUE_PACE, Pace, rule_files

HOST = "127.0.0.1"
MISSING = "not installed: apt-get install prometheus"
LEFT_OUT = "left out, as asked"
DEBIAN_BINARY = Path("/usr/bin/prometheus")
DEBIAN_PAGES = Path("/usr/share/prometheus/web")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus to run: its program, its place on disk, its port on loopback.

    `token` is what the service's `/metrics` asks for, `space` what it may store.
    """

    binary: Path
    home: Path
    port: int
    token: str = field(repr=False)
    space: str = SPACE

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def configure(
        self,
        target: str | Path,
        alertmanager: str | None = None,
        *,
        heartbeat: bool = True,
        every_s: int = SCRAPE_EVERY_S,
        pace: Pace = TRUE_PACE,
        links: Links = LOCAL,
        long_term: str | None = None,
    ) -> None:
        """Write the rules, and the configuration that scrapes the service at `target` (host:port).

        Where it has several workers, `target` is the file that names them: each is scraped by
        itself, and their joined page never as well. Alerts go to the `alertmanager` at host:port,
        where there is one, the watchdog's only where a `heartbeat` is listened for. The token goes
        into a file that its owner alone can read. A drill scrapes more often, with rules at a
        `pace` of its own. Alerts lead to the pages of `links`. What is recorded goes to the store
        at `long_term` (host:port), where there is one.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        token_file = self.home / "metrics-token"
        token_file.touch(mode=0o600)
        token_file.write_text(self.token)
        token = token_file.resolve()
        service = (
            Listed(JOB, target.resolve(), token)
            if isinstance(target, Path)
            else Scrape(JOB, target, token)
        )
        scrapes: list[Scrape | Listed] = [service, Scrape(PROMETHEUS, self.address)]
        if long_term is not None:
            scrapes.append(Scrape(LONG_TERM, long_term))
        if alertmanager is not None:
            scrapes.append(Scrape(ALERTMANAGER, alertmanager))
        rules = rule_files(pace, links)
        for name, text in rules.items():
            (self.home / name).write_text(text)
        self._config.write_text(
            prometheus_yml(
                scrapes,
                every_s,
                list(rules),
                alertmanager,
                heartbeat=heartbeat,
                long_term=long_term,
            )
        )

    def command(self) -> list[str]:
        """Return the command line that runs it."""
        options = prometheus_options(self._config, self.home / "data", self.address, self.space)
        return [str(self.binary), *options]

    @property
    def page(self) -> str:
        """Where its pages begin; Debian's package has the classic ones alone, elsewhere."""
        classic = self.binary.resolve() == DEBIAN_BINARY and DEBIAN_PAGES.is_dir()
        return f"{self.url}/classic/graph" if classic else f"{self.url}/graph"

    @property
    def _config(self) -> Path:
        return self.home / "prometheus.yml"


@dataclass(frozen=True, slots=True)
class LongTerm:
    """A second Prometheus, which keeps for a year what the first one records."""

    binary: Path
    home: Path
    port: int

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def configure(self) -> None:
        """Write its configuration."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._config.write_text(long_term_yml())

    def command(self) -> list[str]:
        """Return the command line that runs it."""
        options = long_term_options(self._config, self.home / "data", self.address)
        return [str(self.binary), *options]

    @property
    def _config(self) -> Path:
        return self.home / "prometheus.yml"


def find_prometheus() -> Path | None:
    """Return this machine's `prometheus`, looked for on the PATH and where Debian puts it."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(DEBIAN_BINARY.parent)])
    found = shutil.which("prometheus", path=path)
    return Path(found) if found else None
