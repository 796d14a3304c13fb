"""What visitors of the shipped portfolio send: simulated people, many of them at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from bench.openloop.outcomes import Request
from vitrine.adapters.site_file import find_site, load_site
from vitrine.usecases.simulate import SimulatedVisitor, simulate
from vitrine.usecases.simulate_log import HUMANS

EVENTS, PERSONALIZATION, PAGE = "events", "personalization", "page"
PATTERNS = 500
"""Simulated visits that are different; other visitors repeat them."""
AT_ONCE = 500
"""Visitors whose visits are under way."""
MOST_EVENTS = 5
PAGES = {"/": 0.08, "/vitrine.js": 0.08, "/console/login": 0.02}
"""How many of the visits begin with it: together they are about 3 % of the requests."""
PLACE = b"?" * 23
"""Where the visitor's id goes: as long as each of them."""

Step = tuple[str, int, bytes]


class Mix:
    """An endless stream of requests, the same for the same seed; seeds share no visitor.

    What visitors do is made up once, before anything is due.
    """

    def __init__(self, host: str, seed: int, site: str = "portfolio") -> None:
        self._host = host
        self._seed = seed
        random = Random(seed)
        visitors = simulate(load_site(find_site(site)), seed, PATTERNS)
        self._patterns = [self._steps(visitor, random) for visitor in visitors]

    def __iter__(self) -> Iterator[Request]:
        """Yield requests of visitors in turn; those of each in their order."""
        random = Random(self._seed)
        visits = [self._visit(number) for number in range(AT_ONCE)]
        came = AT_ONCE
        while True:
            place = random.randrange(AT_ONCE)
            request = next(visits[place], None)
            while request is None:
                visits[place] = self._visit(came)
                came += 1
                request = next(visits[place], None)
            yield request

    def _visit(self, number: int) -> Iterator[Request]:
        visitor = f"load-{self._seed:08d}-{number:09d}".encode()
        for kind, expects, data in self._patterns[number % PATTERNS]:
            yield Request(kind, expects, data.replace(PLACE, visitor))

    def _steps(self, visitor: SimulatedVisitor, random: Random) -> list[Step]:
        """Return a visit: now and then a whole page, then what is asked and told on each page."""
        agent = random.choice(HUMANS)
        steps = [
            (PAGE, 200, get(self._host, path, agent))
            for path, share in PAGES.items()
            if random.random() < share
        ]
        asked = get(self._host, f"/api/personalization?user_id={PLACE.decode()}", agent)
        bodies = visitor.bodies(PLACE.decode(), 0)
        first = 0
        while first < len(bodies):
            after = first + random.randint(1, MOST_EVENTS)
            events = [
                {
                    "event_name": body["event_name"],
                    "event_params": body["event_params"],
                    "user_pseudo_id": PLACE.decode(),
                    "event_id": f"{PLACE.decode()}-{number}",
                }
                for number, body in enumerate(bodies[first:after], first)
            ]
            steps.append((PERSONALIZATION, 200, asked))
            content = json.dumps({"events": events}, separators=(",", ":")).encode()
            steps.append((EVENTS, 202, post(self._host, "/api/events", agent, content)))
            first = after
        return steps


def get(host: str, path: str, agent: str, method: str = "GET") -> bytes:
    """Return a request without a body, as it goes over the wire."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n"
        "Accept: */*\r\nAccept-Language: en\r\n\r\n"
    ).encode()


def post(host: str, path: str, agent: str, content: bytes) -> bytes:
    """Return a request that carries JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n"
        "Accept-Language: en\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
