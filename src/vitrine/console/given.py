"""What the console is given: the use cases and ports of one running service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.domain.site import Site
from vitrine.signals import Emit
from vitrine.usecases.identify import Sender
from vitrine.usecases.monitoring_ports import SeriesStore
from vitrine.usecases.ports import SwitchControl


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that a page may call; built by wiring alone.

    `key` signs cookies; `sender` tells from an ASGI scope and its headers who asks.
    """

    site: Site
    public_url: str
    password: str
    key: bytes
    sender: Callable[[dict[str, Any], dict[bytes, bytes]], Sender]
    clock: Callable[[], int]
    emit: Emit
    switch: SwitchControl
    series: SeriesStore
    dashboards: Sequence[Dashboard] = DASHBOARDS
