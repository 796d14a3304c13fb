"""What a drill is: one fault, done on purpose, with every alert that it must raise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InService:
    """A part of the service goes wrong; `switch` names the fault."""

    switch: str


@dataclass(frozen=True, slots=True)
class OtherSettings:
    """The service is started again with these settings; mended by starting it without."""

    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Providers:
    """Providers of models behave otherwise: `behaviour` by provider."""

    behaviour: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages send something else than they should."""

    event_name: str


@dataclass(frozen=True, slots=True)
class Killed:
    """A process is killed as a power cut would; `process` names it."""

    process: str


@dataclass(frozen=True, slots=True)
class InWorker:
    """A worker that does jobs in PostgreSQL goes wrong; `switch` names the fault."""

    switch: str


@dataclass(frozen=True, slots=True)
class Dying:
    """The service's two processes are killed in turn, over and over."""


@dataclass(frozen=True, slots=True)
class Ballast:
    """Samples that nobody needs take nearly all the space that Prometheus may take."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing goes wrong; so nothing may fire."""


Fault = (
    InService | InWorker | OtherSettings | Providers | Pages | Killed | Dying | Ballast | Nothing
)


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault with the alerts that it must raise; any other one fails the drill.

    `asks` are the providers of models that the service is given. Where `silences` is true the
    alert is the watchdog: its heartbeat must stop, and come back.
    """

    name: str
    does: str
    fault: Fault
    raises: tuple[str, ...]
    asks: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    silences: bool = False

    @property
    def restarts(self) -> bool:
        """Whether the drill itself starts the service again."""
        return isinstance(self.fault, OtherSettings)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", self.name):
            raise ValueError(f"{self.name}: a drill's name is in kebab-case")
        if not self.raises and not isinstance(self.fault, Nothing):
            raise ValueError(f"{self.name}: a drill names the alerts that it must raise")
