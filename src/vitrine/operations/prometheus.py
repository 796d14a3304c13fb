"""The Prometheus that stands beside a service: found on this machine, configured, started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.catalogue.external import JOB
from vitrine.monitoring.links import LOCAL, Links
from vitrine.monitoring.prometheus import (
    ALERTMANAGER,
    LONG_TERM,
    PROMETHEUS,
    SCRAPE_EVERY_S,
    Scrape,
    long_term_yml,
    prometheus_yml,
)
from vitrine.monitoring.rules import TRUE_PACE, Pace, rule_files

RETENTION = "14d"
SPACE = "10GB"
"""What each tier may take. 14 days of a service with 1,000 series are 0.1 to 0.2 GB, at one to
two bytes a sample (Prometheus' documentation, page Storage)."""
LONG_RETENTION = "1y"
FLUSH_WITHIN = "5s"
"""How long an ending Prometheus tries to hand over what the long-term store does not take."""
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
        target: str,
        alertmanager: str | None = None,
        *,
        heartbeat: bool = True,
        every_s: int = SCRAPE_EVERY_S,
        pace: Pace = TRUE_PACE,
        links: Links = LOCAL,
        long_term: str | None = None,
    ) -> None:
        """Write the rules, and the configuration that scrapes the service at `target` (host:port).

        Alerts go to the `alertmanager` at host:port, where there is one, the watchdog's only
        where a `heartbeat` is listened for. The token goes into a file that its owner alone can
        read. A drill scrapes more often, with rules at a `pace` of its own. Alerts lead to the
        pages of `links`. What is recorded goes to the store at `long_term` (host:port), where
        there is one.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        token_file = self.home / "metrics-token"
        token_file.touch(mode=0o600)
        token_file.write_text(self.token)
        scrapes = [Scrape(JOB, target, token_file.resolve()), Scrape(PROMETHEUS, self.address)]
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
        return [
            str(self.binary),
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self.home / 'data'}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"--storage.tsdb.retention.size={self.space}",
            f"--web.listen-address={HOST}:{self.port}",
            f"--storage.remote.flush-deadline={FLUSH_WITHIN}",
            "--web.enable-admin-api",  # snapshots; it listens on loopback alone
            "--enable-feature=exemplar-storage",
        ]

    def pages(self) -> list[tuple[str, str]]:
        """Return the pages worth opening, with their addresses.

        Debian's package has the classic pages alone, at addresses of their own.
        """
        classic = self.binary.resolve() == DEBIAN_BINARY and DEBIAN_PAGES.is_dir()
        prefix = f"{self.url}/classic" if classic else self.url
        return [
            ("Prometheus", f"{prefix}/graph"),
            ("targets", f"{prefix}/targets"),
            ("alerts", f"{prefix}/alerts"),
        ]

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
        (self.home / "prometheus.yml").write_text(long_term_yml())

    def command(self) -> list[str]:
        """Return the command line that runs it."""
        return [
            str(self.binary),
            f"--config.file={self.home / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.home / 'data'}",
            f"--storage.tsdb.retention.time={LONG_RETENTION}",
            f"--storage.tsdb.retention.size={SPACE}",
            f"--web.listen-address={self.address}",
            "--web.enable-admin-api",
            "--web.enable-remote-write-receiver",
        ]


def find_prometheus() -> Path | None:
    """Return this machine's `prometheus`, looked for on the PATH and where Debian puts it."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(DEBIAN_BINARY.parent)])
    found = shutil.which("prometheus", path=path)
    return Path(found) if found else None
