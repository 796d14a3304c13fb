"""What a supervisor hands to the process that works in one of its places."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """One of several workers: its `number`, from 1, and all their own `ports` on loopback.

    `listener`, `ready` and `turn` are descriptors that the process inherits: the socket that
    all workers accept from, a pipe into which it says that it is ready, and the file whose
    lock gives the turn to write log lines. `deaths` and `restarts` say how often somebody was
    replaced here before.
    """

    number: int
    ports: tuple[int, ...]
    listener: int
    ready: int
    turn: int
    deaths: int = 0
    restarts: int = 0

    @property
    def name(self) -> str:
        """Return the value of the label `worker`."""
        return str(self.number)

    @property
    def port(self) -> int:
        """Return the port where this worker answers for itself alone."""
        return self.ports[self.number - 1]

    @property
    def inherited(self) -> tuple[int, ...]:
        return (self.listener, self.ready, self.turn)

    def after_death(self) -> Self:
        """Return the place for whoever follows somebody who died here."""
        return replace(self, deaths=self.deaths + 1)

    def after_restart(self) -> Self:
        """Return the place for whoever takes over from somebody who was asked to end."""
        return replace(self, restarts=self.restarts + 1)

    def written(self) -> str:
        """Return the place as one word of a command line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, word: str) -> Self:
        """Return the place that `written` wrote."""
        members = json.loads(word)
        return cls(**{**members, "ports": tuple(members["ports"])})
