"""The page of a report, on a real Prometheus that remembers thirty days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.browser import ARGUMENTS, chromium
from tests.acceptance.past import remembering
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.monitoring.links import LOCAL
from vitrine.operations.report import Period, Questions, Span, Subject, make, page

WIDTH, HEIGHT = 1120, 1300


@dataclass(frozen=True)
class Desk:
    """The page of a weekly report, and a browser that shows it."""

    page: str
    browser: Browser


def report_weekly(desk: Desk, path: Path) -> None:
    """Its beginning: five numbers, what is out of order, and traffic against its objectives."""
    page = desk.browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_content(desk.page)
    page.screenshot(path=path)
    page.close()


TAKEN = {"report-weekly": report_weekly}


@contextmanager
def desk(root: Path) -> Iterator[Desk]:
    """Have a Prometheus remember, make the report, and open the browser."""
    now = time.time()
    with remembering(root / "prometheus", now) as api, sync_playwright() as playwright:
        questions = Questions(PrometheusApi(api.url), Span(Period.WEEKLY, now))
        report = make(Subject(questions, LOCAL))
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS])
        yield Desk(page(report), browser)
        browser.close()
