"""A service on memory adapters with everything that the real one has: pages and a console."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tests.console import ConsoleParts
from tests.pages import PageParts
from vitrine.api.app import Application
from vitrine.console import console_routers
from vitrine.pages.router import pages_router


@dataclass
class WholeParts(PageParts, ConsoleParts):
    """Everything that the service is made of; its routes are those of a running one."""

    @cached_property
    def app(self) -> Application:
        return Application(self.service, [pages_router(self.pages), *console_routers(self.given)])
