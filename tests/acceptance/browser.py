"""A real browser, Debian's Chromium, and what a person would notice on a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

INSTALL = "these tests need a browser: deploy/debian/install-quietly chromium"
ARGUMENTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WITHIN_MS = 60_000


def chromium() -> str:
    """Return where the browser is; a machine without one fails the test and says what to do."""
    found = shutil.which("chromium")
    assert found is not None, INSTALL
    return found


@contextmanager
def visit(browser: Browser, **options: Any) -> Iterator[Page]:
    """Give a page of somebody who was never here; what its console complains of fails the test.

    `options` are those of a browser context, such as `viewport`, `locale`, `extra_http_headers`.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not complaints, complaints
