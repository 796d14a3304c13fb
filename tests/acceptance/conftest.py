"""Real processes for acceptance tests: started on free ports, in directories of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.acceptance.browser import ARGUMENTS, WITHIN_MS, chromium
from tests.acceptance.live import LiveService, access_log


@pytest.fixture(scope="session")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the real access log, or where it is missing one of the same format."""
    return access_log(tmp_path_factory.mktemp("log"))


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., LiveService]]:
    """Give a function that starts `vitrine serve`; all are ended with the test."""
    started: list[LiveService] = []

    def start(**options: str) -> LiveService:
        service = LiveService(tmp_path / "home", **options)
        started.append(service)
        return service

    yield start
    for service in started:
        service.end()


@pytest.fixture
def service(start_service: Callable[..., LiveService]) -> LiveService:
    return start_service()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give Debian's Chromium; for a module, since a running one keeps the event loop busy."""
    expect.set_options(timeout=WITHIN_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS])
        yield running
        running.close()
