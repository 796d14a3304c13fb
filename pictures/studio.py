"""What a picture is taken of: a service with visitors, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.browser import ARGUMENTS, chromium
from tests.acceptance.live import LiveService

DESKTOP = {"width": 1280, "height": 1440}
LAPTOP = {"width": 1120, "height": 1180}
PHONE = {"width": 390, "height": 844}
MODELLED: tuple[dict[str, Any], ...] = (
    {
        "event_name": "section_view",
        "event_params": {"section_id": "research", "page_referrer": "https://arxiv.org/"},
    },
    {"event_name": "project_click", "event_params": {"project_id": "vision-api"}},
    {"event_name": "skill_hover", "event_params": {"skill_id": "pytorch", "duration_ms": 1_800}},
    {
        "event_name": "deep_read",
        "event_params": {"project_id": "forecast-lab", "duration_ms": 45_000},
    },
    {"event_name": "scroll_depth", "event_params": {"percent": 75}},
)
"""What an ML engineer does."""


@dataclass
class Studio:
    """A running service and a browser that looks at it."""

    service: LiveService
    browser: Browser

    def __post_init__(self) -> None:
        self._agents = (f"Mozilla/5.0 (visitor {number})" for number in count())

    @contextmanager
    def visitor(self, *events: dict[str, Any], **options: Any) -> Iterator[Page]:
        """Give a page of a new visitor who did these things before."""
        agent = next(self._agents)
        if events:
            with self.service.client(agent) as client:
                client.post("/api/events", json={"events": events}).raise_for_status()
        context = self.browser.new_context(
            **{"viewport": DESKTOP, "reduced_motion": "reduce", **options}, user_agent=agent
        )
        try:
            yield context.new_page()
        finally:
            context.close()


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """Start the service and the browser, and end both."""
    service = LiveService(folder / "home", VITRINE_HOLDOUT_SHARE="0")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS])
            yield Studio(service, browser)
            browser.close()
    finally:
        service.end()
