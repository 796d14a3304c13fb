"""What nobody sends who means well: every request invents a path, a method, an id or an event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.openloop.mix import get, post
from bench.openloop.outcomes import Request

KIND = "hostile"
ANY = 0


@dataclass(frozen=True, slots=True)
class Hostile:
    """An endless stream, the same for the same seed."""

    host: str
    seed: int

    def __iter__(self) -> Iterator[Request]:
        random = Random(self.seed)
        ways = (self._path, self._method, self._visitor, self._event, self._parameter)
        while True:
            invented = f"{random.getrandbits(64):x}"
            yield Request(KIND, ANY, random.choice(ways)(invented))

    def _path(self, invented: str) -> bytes:
        return get(self.host, f"/{invented}/x?{invented}=1", f"Mozilla/5.0 ({invented})")

    def _method(self, invented: str) -> bytes:
        return get(self.host, "/api/personalization", "Mozilla/5.0 (x)", f"M{invented.upper()}")

    def _visitor(self, invented: str) -> bytes:
        address = f"/api/personalization?user_id={invented}&language={invented[:2]}"
        return get(self.host, address, "Mozilla/5.0 (x)")

    def _event(self, invented: str) -> bytes:
        return self._told({"event_name": f"e{invented}", "user_pseudo_id": invented})

    def _parameter(self, invented: str) -> bytes:
        params = {"project_id": invented, invented: invented}
        return self._told(
            {
                "event_name": "project_click",
                "user_pseudo_id": invented,
                "event_id": invented,
                "event_params": params,
            }
        )

    def _told(self, event: dict[str, object]) -> bytes:
        content = json.dumps(event).encode()
        return post(self.host, "/api/events", "Mozilla/5.0 (x)", content)
