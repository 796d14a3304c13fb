"""Writes an access log as a web server of a site would, with people, bots and one broken line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.site import Site
from vitrine.usecases.example_paths import Act, example_paths, page
from vitrine.usecases.simulate import SimulatedVisitor, simulate

HUMANS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Safari/605.1.15"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Mobile Safari/537.36"
    ),
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "curl/8.5.0",
    "-",
)
FEED_READERS = (
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 12 subscribers)",
    "Tiny Tiny RSS/23",
)
ASSETS = ("/style.css", "/main.js", "/favicon.ico", "/images/photo.jpg", "/logo.png", "/font.woff2")
FEEDS = ("/feed", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/blog/feed/", "/?flav=rss20")
NOT_FOUND = ("/wp-login.php", "/old-page", "/.env", "/phpmyadmin/", "/missing.html")
BOT_SHARE = 0.25
FEED_SHARE = 0.06
MISTAKE_SHARE = 0.04
MEAN_BETWEEN_VISITS_S = 40.0


class UnmappedSiteError(Exception):
    """The site has no log rule that a path could be made for."""


class _Line(NamedTuple):
    at_s: float
    address: str
    path: str
    status: int
    size: int
    referrer: str
    agent: str

    def text(self) -> str:
        at = datetime.fromtimestamp(self.at_s, UTC)
        return (
            f"{self.address} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {self.path} HTTP/1.1" {self.status} {self.size} '
            f'"{self.referrer or "-"}" "{self.agent}"'
        )


def access_log(site: Site, seed: int, lines: int, started: datetime) -> Iterator[str]:
    """Yield so many lines in Apache's combined format, in order of time, without newlines.

    Exactly one is malformed (cut off inside its last field, the quote left open). All
    addresses are those set aside for documentation (RFC 5737, RFC 3849). Raises
    `UnmappedSiteError` for a site whose log rules give no page.
    """
    paths = example_paths(site)
    if not paths:
        raise UnmappedSiteError(
            f"site '{site.id}' has no page rule under 'log' that a path can be made from"
        )
    return _written(_Server(site, paths, Random(seed)), seed, lines, started)


def _written(server: _Server, seed: int, lines: int, started: datetime) -> Iterator[str]:
    found: list[_Line] = []
    clock = started.timestamp()
    visitors = simulate(server.site, seed)
    while len(found) < lines:
        clock += server.random.expovariate(1.0 / MEAN_BETWEEN_VISITS_S)
        found.extend(server.session(next(visitors), clock))
    found = sorted(found[:lines])
    broken = 2 * lines // 3
    for number, line in enumerate(found):
        text = line.text()
        yield text[: -1 - len(line.agent) // 2] if number == broken else text


class _Server:
    """What comes to the site, one session at a time."""

    def __init__(self, site: Site, paths: dict[Act, str], random: Random) -> None:
        reader = LineReader(site)
        self.site = site
        self.random = random
        self._paths = paths
        self._all = tuple(paths.values())
        self._assets = [path for path in ASSETS if reader.kind(page(path)) is LineKind.ASSET]
        self._feeds = [path for path in FEEDS if reader.kind(page(path)) is LineKind.FEED]
        named = sorted(host for host in site.hosts if not host[0].isdigit())
        self._home = f"https://{named[0] if named else 'site.example'}"

    def session(self, visitor: SimulatedVisitor, at_s: float) -> Iterator[_Line]:
        """Yield the lines of one session: a person's, a bot's or a feed reader's."""
        random = self.random
        who = random.random()
        if who < BOT_SHARE:
            return self._crawl(at_s)
        if who < BOT_SHARE + FEED_SHARE and self._feeds:
            return self._fetch(self._feeds[:1], at_s, random.choice(FEED_READERS))
        return self._person(visitor, at_s)

    def _person(self, visitor: SimulatedVisitor, at_s: float) -> Iterator[_Line]:
        random = self.random
        address, agent = self._address(), random.choice(HUMANS)
        referrer = ""
        for event in visitor.events:
            path = self._path_of(event.body)
            if path is None:
                continue
            referrer = event.body["event_params"].get("page_referrer", referrer)
            at = at_s + event.after_ms / 1000
            yield _Line(at, address, path, 200, self._size(), referrer, agent)
            here = self._home + path
            for asset in random.sample(self._assets, min(2, len(self._assets))):
                yield _Line(at + 0.2, address, asset, 200, self._size(), here, agent)
            if random.random() < MISTAKE_SHARE:
                missing = random.choice(NOT_FOUND)
                yield _Line(at + 1.0, address, missing, 404, 312, here, agent)
            referrer = here

    def _path_of(self, body: dict[str, object]) -> str | None:
        """Return the path that stands for an event, whatever else the event says."""
        params = body["event_params"]
        assert isinstance(params, dict)
        told = {(name, str(value)) for name, value in params.items()}
        for (name, needed), path in self._paths.items():
            if name == body["event_name"] and needed <= told:
                return path
        return None

    def _crawl(self, at_s: float) -> Iterator[_Line]:
        random = self.random
        agent = random.choice(BOTS)
        pages = random.sample(self._all, min(len(self._all), random.randint(1, 8)))
        return self._fetch(["/robots.txt", *pages, random.choice(NOT_FOUND)], at_s, agent)

    def _fetch(self, paths: Sequence[str], at_s: float, agent: str) -> Iterator[_Line]:
        address = self._address()
        for number, path in enumerate(paths):
            status = 404 if path in NOT_FOUND else 200
            yield _Line(at_s + 2.0 * number, address, path, status, self._size(), "", agent)

    def _address(self) -> str:
        random = self.random
        if random.random() < 0.15:
            return f"2001:db8::{random.randint(1, 0xFFFF):x}"
        network = random.choice(("192.0.2", "198.51.100", "203.0.113"))
        return f"{network}.{random.randint(1, 254)}"

    def _size(self) -> int:
        return int(self.random.lognormvariate(9.0, 1.0))
