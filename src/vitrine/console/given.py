"""What the console is given: the use cases and ports of one running service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from vitrine.catalogue.dashboard import Dashboard
from vitrine.console.frame.password import Password
from vitrine.domain.limit import Bounds
from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.signals import Emit
from vitrine.usecases.archive import Archive
from vitrine.usecases.census import Census
from vitrine.usecases.identify import Sender
from vitrine.usecases.journal import Journal
from vitrine.usecases.log_search import LogLines
from vitrine.usecases.monitoring_ports import AlertRules, SeriesStore, Silences
from vitrine.usecases.override import Override
from vitrine.usecases.ports import Notes, SwitchControl
from vitrine.usecases.reliability import Judgement
from vitrine.usecases.review import Report
from vitrine.usecases.story import Story


class Series(NamedTuple):
    """One series: its label values, what it stands at, and whose it is, of several workers."""

    labels: tuple[str, ...]
    value: float
    worker: str = ""


Present = Mapping[str, Sequence[Series]]
"""Every series of the service by its metric."""


class Standing(Protocol):
    """Where an objective stands; what is `None` has no traffic to say it from.

    `kind` is `ratio`, `limit` or `trend`; a limit has bad minutes, a trend a change.
    """

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def target(self) -> float | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def now(self) -> float | None: ...
    @property
    def budget_left(self) -> float | None: ...
    @property
    def bad_minutes(self) -> float | None: ...
    @property
    def change(self) -> float | None: ...
    @property
    def days(self) -> float: ...


@dataclass(frozen=True, slots=True)
class People:
    """What there is to know of visitors, and of what they are shown.

    `pseudonym` turns a claimed id into what it is kept under. `review` asks a model, which may
    cost something, where one is set; `review_locally` never does. `reliability` takes a second.
    """

    archive: Archive
    census: Census
    story: Story
    pseudonym: Callable[[str], str]
    rule: Callable[[str | None, str], Rule]
    override: Override
    review: Callable[[int], Awaitable[Report]]
    review_locally: Callable[[int], Awaitable[Report]]
    experiment: Callable[[], Awaitable[dict[str, Any]]]
    reliability: Callable[[], Awaitable[Judgement]]


class Logins(NamedTuple):
    """How often somebody may try to log in: from one network, and from everywhere."""

    network: Bounds
    site: Bounds


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that a page may call; built by wiring alone.

    `key` signs cookies; `sender` tells from an ASGI scope and its headers who asks. `ready`
    returns what keeps the service from working, and `present` blocks for some milliseconds.
    `worker` is who answers, of several.
    """

    site: Site
    public_url: str
    password: Password
    key: bytes
    sender: Callable[[dict[str, Any], dict[bytes, bytes]], Sender]
    clock: Callable[[], int]
    notes: Notes
    logins: Logins
    emit: Emit
    switch: SwitchControl
    series: SeriesStore
    alerts: AlertRules
    silences: Silences
    standings: Callable[[], Awaitable[Sequence[Standing]]]
    ready: Callable[[], Awaitable[str | None]]
    present: Callable[[], Present]
    log: LogLines
    journal: Journal
    people: People
    dashboards: Sequence[Dashboard]
    worker: str = ""
