"""The browser of the tests itself: it runs, and complaints of a page do not go unnoticed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.acceptance.browser import visit
from tests.acceptance.live import LiveService


def test_a_page_of_the_service_is_shown(service: LiveService, browser: Browser) -> None:
    with visit(browser) as page:
        answer = page.goto(f"{service.url}/health")
        assert answer is not None
        assert answer.json()["status"] == "ok"


def test_a_complaint_in_the_console_fails_the_visit(browser: Browser) -> None:
    with pytest.raises(AssertionError, match="broken"), visit(browser) as page:
        page.evaluate("console.error('broken')")
